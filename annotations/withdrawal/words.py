"""Finding a subject in texts, file names and bytes: by code, digest, or the name of a picture."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from annotations.models import Subject
from annotations.tombstones import GONE
from annotations.withdrawal.doomed import Doomed

_LETTERS = "A-Za-z0-9"
_LOOKED_AT = 8192  # bytes: pictures, archives and arrays have a zero among them


@dataclass(frozen=True)
class Words:
    """The words that mean a subject.

    Attributes
    ----------
    terms
        What is searched for: digests, names, and the code where it is told apart.
    others
        Codes of other subjects in which the code is contained: they stay.

    Examples
    --------
    >>> words = Words(("S005",), others=("S005-B",))
    >>> words.cut("S005_001.png and S0051, but not S005-B")
    '[withdrawn]_001.png and S0051, but not S005-B'
    >>> words.cut({"a": ["of S005", 7]})
    {'a': ['of [withdrawn]', 7]}
    """

    terms: tuple[str, ...]
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, doomed: Doomed) -> Words:
        """Collect the words that mean a subject who withdraws."""
        code = [doomed.code] if doomed.is_told_apart else []
        terms = (*doomed.names, *doomed.digests, *code)
        others: Sequence[str] = ()
        if code:
            known = Subject.objects.filter(code__contains=doomed.code).exclude(pk=doomed.subject)
            others = list(known.values_list("code", flat=True))
        return cls(tuple(sorted(terms, key=len, reverse=True)), tuple(others))

    def are_in(self, text: str) -> bool:
        """Tell whether a text means the subject."""
        return bool(self.cut(text) != text)

    def are_in_bytes(self, data: bytes) -> bool:
        """Tell whether a file's bytes, if they are text, mean the subject.

        In others a short code may stand by chance.
        """
        text = _text(data)
        return text is not None and self.are_in(text)

    def cut(self, value: Any) -> Any:
        """Return a text, or the texts and keys of JSON, with GONE in place of each mention."""
        if isinstance(value, str):
            return self._pattern.sub(self._kept, value) if self.terms else value
        if isinstance(value, list):
            return [self.cut(each) for each in value]
        if isinstance(value, dict):
            return {self.cut(name): self.cut(each) for name, each in value.items()}
        return value

    def blot(self, data: bytes) -> bytes:
        """Return bytes with asterisks in place of each mention, so that their number stays."""
        text = data.decode("latin-1")
        found = self._pattern.sub(lambda m: m[0] if m["other"] else "*" * len(m[0]), text)
        return found.encode("latin-1")

    @staticmethod
    def _kept(found: re.Match[str]) -> str:
        return found[0] if found["other"] else GONE

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        others = "|".join(re.escape(each) for each in sorted(self.others, key=len, reverse=True))
        terms = "|".join(re.escape(each) for each in self.terms)
        return re.compile(
            f"(?<![{_LETTERS}])(?:(?P<other>{others or '(?!)'})|(?:{terms}))(?![{_LETTERS}])"
        )


def _text(data: bytes) -> str | None:
    """Return a file's text; None where it is none."""
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return data.decode("utf-16", "replace")
    if b"\0" in data[:_LOOKED_AT]:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
