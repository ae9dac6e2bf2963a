"""Ids as requests give them: 1 to 2^63-1, in ASCII digits. Anything else names no row.

SQLite's driver raises OverflowError for a larger number, so none may reach a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    _Row = forms.ModelChoiceField[Any]
    _Rows = forms.ModelMultipleChoiceField[Any]
else:  # Django's own classes take no type while they run
    _Row, _Rows = forms.ModelChoiceField, forms.ModelMultipleChoiceField

#: Of a BigAutoField.
BIGGEST_ID = 2**63 - 1
#: For the API's addresses: no id is longer.
ID_DIGITS = r"[0-9]{1,19}"


def read_id(text: Any) -> int | None:
    """Return the id that `text` (a string, or a whole number) names; None where it can't be one.

    >>> read_id("12"), read_id("٣"), read_id("0"), read_id("9" * 25)
    (12, None, None, None)
    """
    text = str(text)
    if not text.isascii() or not text.isdigit() or len(text.lstrip("0")) > len(str(BIGGEST_ID)):
        return None
    number = int(text.lstrip("0") or "0")
    return number if 1 <= number <= BIGGEST_ID else None


class IdConverter:
    """`<id:pk>` in a URL: any other number is an address that isn't there (404)."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        number = read_id(value)
        if number is None:
            raise ValueError(value[:40])
        return number

    def to_url(self, value: int) -> str:
        return str(value)


class IdField(forms.IntegerField):
    """An id in a form."""

    default_error_messages = {"invalid": "“%(value)s” is no id: give a whole number from 1."}

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        number = read_id(str(value).strip())
        if number is None:
            raise ValidationError(
                self.error_messages["invalid"], "invalid", {"value": str(value)[:40]}
            )
        return number


class RowField(_Row):
    """One row, by its id."""

    def to_python(self, value: Any) -> Model | None:
        if value not in self.empty_values and not _is_row(value) and read_id(value) is None:
            raise ValidationError(
                self.error_messages["invalid_choice"], "invalid_choice", {"value": str(value)[:40]}
            )
        return super().to_python(value)


class RowsField(_Rows):
    """Several rows, by their ids."""

    def clean(self, value: Any) -> QuerySet[Any]:
        for each in value if isinstance(value, list | tuple) else ():
            if not _is_row(each) and read_id(each) is None:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    "invalid_pk_value",
                    {"pk": str(each)[:40]},
                )
        return super().clean(value)


def _is_row(value: Any) -> bool:
    return hasattr(value, "pk")
