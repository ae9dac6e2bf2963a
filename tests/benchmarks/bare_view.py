"""A bare Django view that reads JSON and writes one row: what an API can't be quicker than."""

from __future__ import annotations

import subprocess
import sys
import tempfile

#: No apps and no middleware: one table in a file of SQLite, asked by Django's test client. It
#: prints the milliseconds of a processor that one request takes.
_PROGRAM = """
import gc, json, sys, time
import django
from django.conf import settings
from django.urls import path
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
)
django.setup()
from django.db import connection, models, transaction
from django.http import JsonResponse
from django.test import Client
class Row(models.Model):
    text = models.TextField()
    number = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)
    class Meta:
        app_label = "bare"
def write(request):
    given = json.loads(request.body)
    with transaction.atomic():
        row = Row.objects.create(text=given["text"], number=given["number"])
    return JsonResponse({"id": row.pk, "at": row.at}, status=201)
urlpatterns = [path("rows/", write)]
with connection.schema_editor() as schema:
    schema.create_model(Row)
client, body = Client(), json.dumps({"text": "positive", "number": 12})
def post():
    answer = client.post("/rows/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
for _ in range(20):
    post()
gc.collect()
gc.freeze()  # as our server does
began = time.process_time()
for _ in range(300):
    post()
print(1000 * (time.process_time() - began) / 300)
"""


def processor_ms() -> float:
    """What one request takes of a processor, now, as other work on the machine allows."""
    with tempfile.TemporaryDirectory(prefix="facsweb-bare-") as folder:
        command = [sys.executable, "-c", _PROGRAM, f"{folder}/db.sqlite3"]
        return float(subprocess.run(command, check=True, capture_output=True).stdout)
