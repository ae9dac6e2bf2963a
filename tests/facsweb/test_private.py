"""What lies under var/ is its owner's alone, whatever the umask."""

import os
import stat
import subprocess
import sys

from facsweb.private import mend_rights
from tests.stack import ROOT


def rights(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_process_writes_for_nobody_else(tmp_path):
    # manage.py's `shell` sets nothing itself: whatever process of ours it is, its start does.
    shell = [sys.executable, "manage.py", "shell", "-v0", "-c"]
    code = f"import pathlib; p = pathlib.Path({str(tmp_path / 'new')!r}); p.mkdir()\n"
    code += "(p / 'file').touch()"
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "SECRET_KEY": "only-for-tests-" * 4}
    subprocess.run([*shell, code], cwd=ROOT, env=environment, check=True, umask=0o000)
    assert rights(tmp_path / "new") == rights(tmp_path / "tmp") == 0o700
    assert rights(tmp_path / "new" / "file") == 0o600


def test_what_was_there_before_is_mended(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    folder = tmp_path / "var" / "models" / "abc"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    file, elsewhere = folder / "manifest.json", tmp_path / "elsewhere"
    for path in (file, elsewhere):
        path.touch()
        path.chmod(0o664)
    (folder / "link").symlink_to(elsewhere)
    assert mend_rights() >= 2
    assert (rights(folder), rights(file), rights(elsewhere)) == (0o700, 0o600, 0o664)
    assert mend_rights() == 0
