"""Settings read from the environment; a bad value stops the start and names its variable."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment.")
    return default


def env_bool(name: str, default: bool) -> bool:
    value = env_str(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_int(name: str, default: int) -> int:
    value = env_str(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """Return one of `choices`, the first of which is the default."""
    value = env_str(name, choices[0]).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def env_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the IP addresses and networks that `name` lists, leaving out the word `unix`."""
    networks = []
    for part in env_list(name, ""):
        if part == "unix":
            continue
        try:
            networks.append(ip_network(part))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must list IP addresses or networks such as 127.0.0.1 or 10.0.0.0/8, or "
                f"the word unix for a socket: {error}."
            ) from None
    return networks


def env_secret(name: str, least: int) -> str:
    """Return the value of `name`, or of the file that `name`_FILE points to.

    One of fewer than `least` characters is refused: what is signed with it could be forged.
    """
    secret = _secret(name)
    if len(secret) < least:
        raise ImproperlyConfigured(
            f"{name} has {len(secret)} characters; at least {least} are needed. Make one: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return secret


def env_optional_secret(name: str, least: int) -> str:
    """Return the secret `name`, or "" where neither it nor `name`_FILE is set."""
    given = any(os.environ.get(each, "").strip() for each in (name, f"{name}_FILE"))
    return env_secret(name, least) if given else ""


def _secret(name: str) -> str:
    path = os.environ.get(f"{name}_FILE", "").strip()
    if os.environ.get(name, "").strip() or not path:
        try:
            return env_str(name)
        except ImproperlyConfigured:
            raise ImproperlyConfigured(
                f"{name} is not set. Set {name} to a long random string, or {name}_FILE to a "
                "file that holds one (`make run` and `make demo` write var/secret_key for you)."
            ) from None
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path!r}, which cannot be read ({error.strerror})."
        ) from None
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE names {path!r}, which is empty.")
    return secret


def env_path(name: str, default: Path) -> Path:
    return Path(env_str(name, str(default))).expanduser().resolve()


def env_file(name: str) -> Path | None:
    """Return an optional file, None if it is unset; a file that is not there stops the start."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    path = Path(value).expanduser().resolve()
    if not path.is_file():
        raise ImproperlyConfigured(f"{name} names {value!r}, which is not a file.")
    return path


def env_url(name: str, schemes: set[str]) -> str | None:
    """Return an optional URL of one of `schemes`, None if it is unset."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if urlsplit(value).scheme not in schemes:
        allowed = ", ".join(sorted(f"{scheme}://" for scheme in schemes))
        # The value may hold a password, so it is not repeated.
        raise ImproperlyConfigured(f"{name} is malformed: it must start with one of {allowed}.")
    return value
