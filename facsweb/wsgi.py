import gc
import os

from facsweb.left_out import left_out

with left_out("django.contrib.postgres.fields", "opentelemetry", "pygments", "requests"):
    import redis  # noqa: F401 - without what it would take along
    import rest_framework.compat  # noqa: F401

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
application = get_wsgi_application()

# Load every view now and not at the first request, and keep what is loaded out of each garbage
# collection: going through it stops a request for some 80 ms now and then.
get_resolver().url_patterns  # noqa: B018 - asking for them loads them
gc.collect()
gc.freeze()
