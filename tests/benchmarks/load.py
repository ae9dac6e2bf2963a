r"""Fifty people at once, while 200 sockets hang, by locust.

    make demo                                            # in another terminal
    .venv/bin/locust -f tests/benchmarks/load.py --headless --only-summary -u 50 -r 2 -t 300s \
        --host http://127.0.0.1:8000

Everybody is the demo's admin, looks at pages, pictures and the API and, now and then, writes a
label, with one to three seconds between. Half of the sockets have sent half of their headers, the
others half of a body; who is dropped comes back. A status from 400 up is an error.
"""

import contextlib
import random
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from gevent.lock import BoundedSemaphore
from locust import HttpUser, between, events, task
from locust.env import Environment

from tests.benchmarks.slow_clients import half_of_a_body, half_of_the_headers

_PASSWORD = Path("var/demo-password")
_HANGING = 200
_door = BoundedSemaphore()
dropped = 0


class Person(HttpUser):
    wait_time = between(1, 3)
    ids: list[int] = []
    cookies: dict[str, str] = {}

    def on_start(self) -> None:
        with _door:  # one account signs in once: sign-ins at once count as tries
            if not Person.ids:
                self.sign_in()
                Person.cookies = self.client.cookies.get_dict()
                listed = self.client.get("/api/v1/faces/?page_size=200", name="API: list").json()
                Person.ids = [face["id"] for face in listed["results"]]
        self.client.cookies.clear()
        self.client.cookies.update(Person.cookies)

    def sign_in(self) -> None:
        page = self.client.get("/login/", name="sign in: page").text
        secret = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"username": "admin", "password": _PASSWORD.read_text().strip()}
        form |= {"csrfmiddlewaretoken": secret, "next": "/"}
        headers = {"Referer": f"{self.host}/login/"}
        self.client.post("/login/", form, name="sign in: form", headers=headers)

    def face(self) -> int:
        return random.choice(Person.ids)

    @task(4)
    def look_at_a_face(self) -> None:
        face = self.face()
        self.client.get(f"/faces/{face}/", name="face")
        self.client.get(f"/faces/{face}/image/", name="face: picture")

    @task(4)
    def turn_pages_of_the_gallery(self) -> None:
        self.client.get(f"/?after={random.randint(1, 5) * 48}", name="gallery")
        for _ in range(8):
            self.client.get(f"/faces/{self.face()}/thumbnail/240/", name="gallery: thumbnail")

    @task(2)
    def read_by_program(self) -> None:
        self.client.get("/api/v1/faces/?page_size=50", name="API: list")
        self.client.get(f"/api/v1/faces/{self.face()}/", name="API: face")

    @task(1)
    def look_at_models(self) -> None:
        for path in ("/models/", "/training/", "/queues/", "/data/"):
            self.client.get(path, name=path)

    @task(1)
    def label(self) -> None:
        face = self.client.get(f"/api/v1/faces/{self.face()}/", name="API: face").json()
        item = {"face": face["id"], "emotion": "positive", "comment": "a benchmark's"}
        item["seen"] = (face.get("truth") or {}).get("id")
        headers = {"X-CSRFToken": Person.cookies["csrftoken"], "Referer": self.host}
        self.client.post(
            "/api/v1/codings/batch/", json={"items": [item]}, headers=headers, name="API: label"
        )


def hang(address: tuple[str, int], sent: bytes) -> None:
    """Be a socket that is silent, again and again."""
    global dropped
    while True:
        with contextlib.suppress(OSError), socket.create_connection(address, 60) as connection:
            connection.settimeout(None)
            connection.sendall(sent)
            connection.recv(1)
            dropped += 1
        gevent.sleep(0.2)


@events.test_start.add_listener
def hang_all(environment: Environment, **_: object) -> None:
    parts = urlsplit(environment.host)
    for number in range(_HANGING):
        sent = half_of_the_headers() if number % 2 else half_of_a_body()
        gevent.spawn(hang, (parts.hostname, parts.port), sent)


@events.quitting.add_listener
def tell(environment: Environment, **_: object) -> None:
    print(f"{_HANGING} sockets hung; the server dropped one {dropped} times, and it came back")
