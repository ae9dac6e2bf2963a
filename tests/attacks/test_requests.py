"""Requests that would reach what isn't theirs: addresses, tables, other people's things, forms."""

from __future__ import annotations

import base64
import io
import json
import queue
import socket
import threading
import zipfile

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from annotations.models import FirstLook
from annotations.transfers import run_import
from annotations.transfers.models import Export, Import
from annotations.transfers.services import request_import, stored_file
from facsweb.accounts.models import BrowserSession
from facsweb.accounts.tokens import issue_token
from facsweb.audit.models import AuditEntry, AuditHead, WaitingEntry
from tests.access.test_matrix import read_matrix
from tests.access.world import PEOPLE, World, endpoints

pytestmark = pytest.mark.django_db
#: What reading writes on purpose: who looked, and when a session was used last.
KEPT_LOOKS = {AuditEntry, AuditHead, WaitingEntry, BrowserSession, FirstLook, Session}


@pytest.fixture
def world(settings) -> World:
    settings.API_REQUESTS_PER_MINUTE = settings.SIGN_INS_PER_MINUTE = 1_000_000
    return World()


@pytest.fixture
def listener():
    """A server of this machine that should never be asked; yields (port, who came)."""
    came: queue.Queue[object] = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:  # closed: the test is over
                    return
                came.put(peer)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def test_no_import_fetches_an_address(boss, listener, settings, tmp_path):
    """No field of a table or an export of Label Studio's makes the server ask anybody."""
    settings.VAR_DIR = tmp_path / "var"
    port, came = listener
    urls = [f"{scheme}://127.0.0.1:{port}/a.png" for scheme in ("http", "https", "ftp", "gopher")]
    urls += [f"http://[::ffff:127.0.0.1]:{port}/a.png", f"http://2130706433:{port}/a.png"]
    urls += ["file:///etc/passwd", f"//127.0.0.1:{port}/a.png"]
    table = "filepath,subject,high_level_emotion\n" + "".join(
        f"{url},S1,positive\n" for url in urls
    )
    tasks = [{"id": n, "data": {"image": url}, "annotations": []} for n, url in enumerate(urls)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data_labels.csv", table)
    sent = {
        "a.csv": table.encode(),
        "a.json": json.dumps(tasks).encode(),
        "a.zip": buffer.getvalue(),
    }
    for name, data in sent.items():
        with stored_file(SimpleUploadedFile(name, data)) as stored:
            run = request_import(boss, stored)
        assert run.claim()
        run_import.carry_out(run)
    assert Import.objects.count() == len(sent)
    with socket.create_connection(("127.0.0.1", port)) as ours:
        assert came.get(timeout=60) == ours.getsockname()  # nobody came before


@pytest.mark.parametrize(
    "query",
    [
        "uploader__password__startswith=p", "user__password__regex=%5Ep", "ordering=user__password",
        "ordering=-requested_by__password", "fields=password", "reviewer__password=x",
    ],
)  # fmt: skip
def test_no_list_filters_or_orders_by_a_password(world, query):
    lists = [each for each in endpoints() if each.is_api and each.name.endswith("-list")]
    assert len(lists) > 15
    for endpoint in lists:
        answer = world.clients["admin"].get(f"{world.address(endpoint)}?{query}")
        assert answer.status_code == 400, (endpoint.name, answer.content[:200])


def test_what_is_anothers_is_not_there(ada, ben, boss):
    """Two people of one role: neither finds, cancels, discards or revokes what is the other's."""
    token, _ = issue_token(ada, "hers")
    export = Export.objects.create(format="facsweb", requested_by=boss)
    for user in (ben, ada):
        client = Client()
        client.force_login(user)
        api = APIClient()
        api.force_login(user)
        answers = [
            client.get(f"/data/exports/{export.pk}/file/"),
            client.post(f"/data/export/{export.pk}/cancel/"),
            client.post(f"/data/export/{export.pk}/discard/"),
            api.get(f"/api/v1/exports/{export.pk}/"),
            api.delete(f"/api/v1/exports/{export.pk}/"),
        ]
        if user == ben:
            answers.append(client.post(f"/tokens/{token.pk}/revoke/"))
            answers.append(api.delete(f"/api/v1/tokens/{token.pk}/"))
        for answer in answers:
            assert answer.status_code == 404
            assert b"boss" not in answer.content and b"hers" not in answer.content
    token.refresh_from_db()
    assert token.is_usable
    assert Export.objects.filter(pk=export.pk, status="queued").exists()


def content() -> dict[str, list]:
    """All rows of all tables, but for those that tell who looked."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model not in KEPT_LOOKS
    }


def test_reading_writes_nothing(world):
    """At every address, as the admin: what is read is the same afterwards."""
    client = world.clients["admin"]
    before = content()
    for endpoint in endpoints():
        if endpoint.name == "logout":
            continue
        point = transaction.savepoint()
        answer = client.get(world.address(endpoint))
        if answer.streaming:
            b"".join(answer.streaming_content)
        after = content()
        assert [name for name in before if before[name] != after[name]] == [], endpoint.name
        transaction.savepoint_rollback(point)


def test_no_form_of_another_site_is_taken(world):
    """Every address that takes a POST refuses one that brings a session and no token of a form."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.users["admin"])
    named = {endpoint.name: endpoint for endpoint in endpoints()}
    tried = 0
    for (name, method), statuses in read_matrix().items():
        endpoint = named[name]
        if method != "POST" or statuses[PEOPLE.index("admin")] in {"401", "404", "405"}:
            continue
        if name in {"api-sign-in", "favicon.ico"}:  # neither looks at the session
            continue
        answer = client.post(world.address(endpoint), {}, content_type="application/json")
        assert answer.status_code in {403, 404}, (name, answer.status_code)
        tried += 1
    assert tried > 50


@pytest.mark.parametrize("path", ["/register/", "/signup/", "/accounts/signup/", "/api/v1/users/"])
def test_nobody_registers_and_basic_auth_opens_nothing(ben, path):
    assert Client().post(path, {"username": "eve"}).status_code in {302, 401, 404}
    name = base64.b64encode(b"ben:a-long-test-password").decode()
    answer = Client(headers={"Authorization": f"Basic {name}"}).get("/api/v1/faces/")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/media/", "/media../facsweb/settings.py", "/media/../var/secret_key",
        "/static../facsweb/settings.py", "/static/../facsweb/settings.py",
        "/static/%2e%2e/facsweb/settings.py", "/static/..%2fmanage.py", "/var/secret_key",
    ],
)  # fmt: skip
def test_no_path_leaves_the_served_folders(path):
    answer = Client().get(path)
    assert answer.status_code in {302, 404}
    if answer.status_code == 302:
        assert answer["Location"].startswith("/login/")
