"""The statements of a backup about itself: a head before everything, a manifest after it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.utils import timezone

from facsweb.backup.errors import BadBackup, NewerBackup
from facsweb.backup.schema import Migration
from facsweb.code_version import code_version

FORMAT = 1
HEAD, FILES, MANIFEST = "backup.json", "files.jsonl", "manifest.json"
#: Rows that no backup holds: who is signed in, who tried to, and links that let somebody in once.
NOT_KEPT = {
    "sessions.Session", "accounts.BrowserSession", "accounts.SignInTries", "accounts.PasswordLink",
    "account.EmailConfirmation",
}  # fmt: skip
_MARK = "facsweb backup"
#: Told for whoever sets the new machine up, and never applied. None may hold a secret: an address
#: of a database, a broker or an MLflow server can.
_SETTINGS = (
    "ALLOWED_HOSTS", "API_REQUESTS_PER_MINUTE", "CELERY_TASK_TIME_LIMIT", "CSRF_TRUSTED_ORIGINS",
    "DEBUG", "FEATURE_CACHE_MAX_BYTES", "HTTPS_ONLY", "IMPORT_MAX_BYTES", "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_MODEL_NAME", "S3_BUCKET", "SECOND_FACTOR", "TRUSTED_PROXIES", "WEBHOOK_ALLOW_PRIVATE",
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The facts that are known of a backup before it is made.

    Attributes
    ----------
    key_check
        A keyed digest that tells whether another machine has the same SECRET_KEY, and nothing else.
    """

    format: int
    product: dict[str, Any]
    made_at: datetime
    database: str
    storage: str
    migrations: list[Migration]
    settings: dict[str, Any]
    key_check: str

    @classmethod
    def of_this_machine(cls, migrations: list[Migration]) -> Self:
        return cls(
            FORMAT,
            code_version().to_json(),
            timezone.now(),
            connection.vendor,
            "folder" if is_local() else "bucket",
            migrations,
            _told_settings(),
            key_check(),
        )

    def to_bytes(self) -> bytes:
        stated = asdict(self) | {"made_at": self.made_at.isoformat(), "what": _MARK}
        return _dumped(stated)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a head. Raises NewerBackup, BadBackup."""
        stated = _loaded(HEAD, data)
        if stated.pop("what", None) != _MARK:
            raise BadBackup(f"{HEAD} isn't a backup's.")
        if not isinstance(stated.get("format"), int) or stated["format"] > FORMAT:
            raise NewerBackup(
                f"It has format {stated.get('format')}, and this facsweb reads up to {FORMAT}. "
                "Update facsweb, then restore."
            )
        try:
            stated["migrations"] = [(str(label), str(name)) for label, name in stated["migrations"]]
            stated["made_at"] = datetime.fromisoformat(stated["made_at"])
            return cls(**{name: stated[name] for name in cls.__dataclass_fields__})
        except (KeyError, TypeError, ValueError) as error:
            raise BadBackup(f"{HEAD} is malformed: {error}.") from None

    @property
    def version(self) -> str:
        """The product's version and commit, in words."""
        commit = f", commit {self.product['commit'][:12]}" if self.product.get("commit") else ""
        return f"facsweb {self.product.get('version') or '?'}{commit}"


@dataclass(frozen=True)
class TableFacts:
    """A table in a backup: its member, columns, rows, and the bytes that it unpacks to."""

    label: str
    member: str
    columns: list[str]
    rows: int
    unpacked: int


@dataclass(frozen=True)
class Manifest:
    """The facts of what a backup turned out to hold.

    Attributes
    ----------
    files_sha256
        Of the list of all files, which has each one's size and digest.
    missing
        Stored files that rows name and that weren't there to be copied.
    deleted
        Files that were deleted while the backup was made, with the rows that named them.
    """

    head_sha256: str
    files_sha256: str
    files: int
    total_bytes: int
    tables: dict[str, TableFacts]
    last_ids: dict[str, int]
    missing: list[str] = field(default_factory=list)
    deleted: int = 0

    def to_bytes(self) -> bytes:
        stated = asdict(self)
        return _dumped(stated | {"checksum": sha256_of(_dumped(stated))})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a manifest. Raises BadBackup."""
        stated = _loaded(MANIFEST, data)
        if stated.pop("checksum", None) != sha256_of(_dumped(stated)):
            raise BadBackup(f"{MANIFEST} doesn't match its own checksum: it was damaged.")
        try:
            stated["tables"] = {
                str(name): TableFacts(**facts) for name, facts in stated["tables"].items()
            }
            return cls(**{name: stated[name] for name in cls.__dataclass_fields__})
        except (KeyError, TypeError, AttributeError) as error:
            raise BadBackup(f"{MANIFEST} is malformed: {error}.") from None


def key_check() -> str:
    """Return a digest of SECRET_KEY by which a restore tells whether it has the same."""
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, b"facsweb.backup.key_check", "sha256").hex()[:32]


def is_local() -> bool:
    """Tell whether pictures lie in a folder of this machine."""
    return isinstance(storages["default"], FileSystemStorage)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _told_settings() -> dict[str, Any]:
    return {name: _plain(getattr(settings, name)) for name in _SETTINGS if hasattr(settings, name)}


def _plain(value: Any) -> Any:
    """Return a setting as JSON can hold it: a list of networks is one of texts."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _dumped(stated: Mapping[str, Any]) -> bytes:
    return json.dumps(stated, indent=1, sort_keys=True).encode() + b"\n"


def _loaded(name: str, data: bytes) -> dict[str, Any]:
    try:
        stated = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadBackup(f"{name} is malformed: {error}.") from None
    if not isinstance(stated, dict):
        raise BadBackup(f"{name} is malformed: it isn't an object.")
    return stated
