"""Whether a pinned package has a known vulnerability, by pip-audit; run by `make lint`.

It fails where one has. Where the data can't be had (a package mirror has none, or there is no
network) it says which packages nobody has checked, and doesn't fail.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Each by itself: pip-audit doesn't follow what one list includes.
FILES = tuple(
    f"requirements-{part}.txt"
    for part in ("web", "predict", "detector", "train", "sign-in", "mlflow")
)
#: Known vulnerabilities that don't reach us: their ids, each with the reason.
ACCEPTED: dict[str, str] = {}
SECONDS = 180


def audited() -> list[dict]:
    """Return what pip-audit says of each package. Raises ValueError where it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps"]
    command += ["--format", "json", "--progress-spinner", "off"]
    command += [part for name in FILES for part in ("-r", str(ROOT / name))]
    command += [part for each in ACCEPTED for part in ("--ignore-vuln", each)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"no answer in {SECONDS} s") from None
    try:
        return json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise ValueError(" ".join(told.stderr.split())[-200:]) from None


def main() -> None:
    try:
        packages = audited()
    except ValueError as error:
        print(f"pip-audit: nothing was checked, its data can't be had here ({error})")
        return
    unchecked = [each["name"] for each in packages if "skip_reason" in each]
    found = [(each, wrong) for each in packages for wrong in each.get("vulns", ())]
    for each, wrong in found:
        mended = ", ".join(wrong["fix_versions"]) or "no version"
        print(f"{each['name']} {each['version']}: {wrong['id']}, mended in {mended}")
    checked = len(packages) - len(unchecked)
    print(f"pip-audit: {checked} packages checked, {len(found)} vulnerabilities known")
    if unchecked:
        some = ", ".join(unchecked[:5]) + (", ..." if len(unchecked) > 5 else "")
        print(f"pip-audit: {len(unchecked)} not checked, no data of them can be had here: {some}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
