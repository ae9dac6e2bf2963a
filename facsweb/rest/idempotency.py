"""`Idempotency-Key`: a request sent twice is carried out once and answered alike.

Stripe's rule, and the IETF's draft-ietf-httpapi-idempotency-key-header: the key names one request;
with another body it is refused. Only what succeeded is kept, so a mended request may use its key
again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from facsweb.problems import Problem
from facsweb.rest.models import AnsweredRequest
from facsweb.rest.requests import ApiRequest

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class InvalidKey(Problem):
    code = "invalid_idempotency_key"


class ReusedKey(Problem):
    code = "idempotency_key_reused"


def key_of(request: ApiRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if key and not _KEY.fullmatch(key):
        raise InvalidKey("Idempotency-Key: use 1 to 200 visible ASCII characters, such as a UUID.")
    return key


def answered_once(
    request: ApiRequest, work: Callable[[], Response], *, in_transaction: bool = True
) -> Response:
    """Do `work`, unless the request's key was answered before: then give that answer again.

    in_transaction
        False for work that is harmless to repeat by itself, and too long to hold a database's
        write lock.
    """
    key = key_of(request)
    if not key:
        return work()
    fingerprint = _fingerprint(request)
    known = _known(request.user, key, fingerprint)
    if known is not None:
        return known
    if not in_transaction:
        response = work()
        with contextlib.suppress(IntegrityError):  # it was sent twice at once
            _remember(request.user, key, fingerprint, response)
        return response
    try:
        with transaction.atomic():
            response = work()
            _remember(request.user, key, fingerprint, response)
            return response
    except IntegrityError:
        # The same request came twice at once, and the other one was quicker.
        known = _known(request.user, key, fingerprint)
        if known is None:
            raise
        return known


def _known(user: User, key: str, fingerprint: str) -> Response | None:
    row = AnsweredRequest.objects.filter(user=user, key=key).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise ReusedKey("This Idempotency-Key was used for another request. Choose a new one.")
    return Response(row.answer, status=row.status, headers={"Idempotent-Replayed": "true"})


@transaction.atomic
def _remember(user: User, key: str, fingerprint: str, response: Response) -> None:
    AnsweredRequest.objects.create(
        user=user,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        answer=json.loads(json.dumps(response.data, cls=JSONEncoder)),
    )


def _fingerprint(request: ApiRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if not hasattr(data, "lists"):
        digest.update(json.dumps(data, sort_keys=True, default=str).encode())
        return digest.hexdigest()
    for name, values in sorted(data.lists()):
        for value in values:
            digest.update(repr(name).encode())
            if isinstance(value, UploadedFile):
                digest.update(repr(value.name).encode())
                for chunk in value.chunks():
                    digest.update(chunk)
                value.seek(0)
            else:
                digest.update(repr(value).encode())
    return digest.hexdigest()
