"""Fifty people at once, while 200 sockets hang: `python -m tests.benchmarks.load`.

    make demo                                            # in another terminal
    python -m tests.benchmarks.load --seconds 300 --users 50 --url http://127.0.0.1:8000

Each person signs in as the demo's admin, then looks at pages, pictures and the API and, now and
then, writes a label, with one to three seconds between. Half of the sockets have sent half of their
headers, the others half of a body; who is dropped comes back. Told are errors, the median and the
95th percentile. An answer of another status than 200 is an error.
"""

import argparse
import contextlib
import random
import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from locust import HttpUser, between, events, task
from locust.env import Environment

from tests.benchmarks.slow_clients import half_of_a_body, half_of_the_headers

_PASSWORD = Path("var/demo-password")
_HANGING = 200
dropped = 0


class Person(HttpUser):
    wait_time = between(1, 3)
    ids: list[int] = []

    def on_start(self) -> None:
        page = self.client.get("/login/", name="sign in: page").text
        secret = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"username": "admin", "password": _PASSWORD.read_text().strip()}
        form |= {"csrfmiddlewaretoken": secret, "next": "/"}
        headers = {"Referer": f"{self.host}/login/"}
        self.client.post("/login/", form, name="sign in: form", headers=headers)
        if not Person.ids:
            listed = self.client.get("/api/v1/faces/?page_size=200", name="API: list").json()
            Person.ids = [face["id"] for face in listed["results"]]

    def face(self) -> int:
        return random.choice(Person.ids)

    @task(4)
    def look_at_a_face(self) -> None:
        face = self.face()
        self.client.get(f"/faces/{face}/", name="face")
        self.client.get(f"/faces/{face}/image/", name="face: picture")

    @task(4)
    def turn_pages_of_the_gallery(self) -> None:
        self.client.get(f"/?page={random.randint(1, 5)}", name="gallery")
        for _ in range(8):
            self.client.get(f"/faces/{self.face()}/thumbnail/", name="gallery: thumbnail")

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
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"], "Referer": self.host}
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=300)
    asked = parser.parse_args()
    parts = urlsplit(asked.url)
    for number in range(_HANGING):
        sent = half_of_the_headers() if number % 2 else half_of_a_body()
        gevent.spawn(hang, (parts.hostname, parts.port), sent)
    environment = Environment(user_classes=[Person], host=asked.url, events=events)
    runner = environment.create_local_runner()
    runner.start(asked.users, spawn_rate=2)
    time.sleep(asked.seconds)
    runner.quit()
    print(f"{'':24}{'requests':>9}{'errors':>8}{'median':>10}{'95 %':>10}{'slowest':>10}")
    every = sorted(environment.stats.entries.values(), key=lambda each: each.name)
    for each in (*every, environment.stats.total):
        times = (each.median_response_time, each.get_response_time_percentile(0.95))
        told = "".join(f"{value:>7.0f} ms" for value in (*times, each.max_response_time))
        print(f"{each.name:24}{each.num_requests:>9}{each.num_failures:>8}{told}")
    for error in environment.stats.errors.values():
        print(error.occurrences, error.method, error.name, error.error)
    print(f"{asked.users} people for {asked.seconds} s, {_HANGING} sockets hung; {dropped} times")
    print("the server dropped one, which came back")


if __name__ == "__main__":
    main()
