"""HTTPS_ONLY, behind the proxy that ends TLS."""

import os
import subprocess
import sys
from ipaddress import ip_network

import pytest
from django.test import Client

from tests.stack import ROOT

_SERVED = {
    "SECRET_KEY": "only-for-tests-9f8Kq2Lz7Rw4Tb6Yc1Nd3Hg5Jm0VxSaEpUoIeWyQu",
    "ALLOWED_HOSTS": "facs.example.org",
    "HTTPS_ONLY": "true",
}


def checked(**variables: str) -> subprocess.CompletedProcess[str]:
    # All that --deploy adds but drf-spectacular's, which takes seconds and has a test of its own.
    command = [sys.executable, "manage.py", "check", "--deploy", "--tag", "security"]
    command += ["--fail-level", "WARNING"]
    environment = {**os.environ, **_SERVED, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_django_finds_nothing_to_warn_of():
    answer = checked(TRUSTED_PROXIES="127.0.0.1")
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_without_a_proxy_it_would_redirect_for_ever_and_does_not_start():
    answer = checked(TRUSTED_PROXIES="")
    assert answer.returncode != 0
    assert "HTTPS_ONLY needs TRUSTED_PROXIES" in answer.stderr


@pytest.fixture
def proxied(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = [ip_network("10.1.1.1")]
    return Client()


@pytest.mark.django_db
def test_the_proxy_tells_that_it_was_asked_by_https(proxied, boss):
    told = {"REMOTE_ADDR": "10.1.1.1", "HTTP_X_FORWARDED_PROTO": "https"}
    assert proxied.get("/login/", **told).status_code == 200
    plain = proxied.get("/login/", **told | {"HTTP_X_FORWARDED_PROTO": "http"})
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/login/")


@pytest.mark.django_db
def test_nobody_else_tells_it(proxied):
    told = {"REMOTE_ADDR": "10.9.9.9", "HTTP_X_FORWARDED_PROTO": "https"}
    assert proxied.get("/login/", **told).status_code == 301
