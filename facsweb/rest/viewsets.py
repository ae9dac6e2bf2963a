"""The base of every resource that is listed and read, and changed by named actions at most."""

from __future__ import annotations

from typing import Any

from rest_framework import viewsets

from facsweb.rest.ids import ID_DIGITS
from facsweb.rest.limits import LimitedBody
from facsweb.rest.paging import NewestFirst, OldestFirst
from facsweb.rest.parsers import PARSERS


# No docstring: the schema would describe each resource that has none with it.
class ReadOnlyViewSet(LimitedBody, viewsets.ReadOnlyModelViewSet[Any]):
    pagination_class: type[OldestFirst] = NewestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS
