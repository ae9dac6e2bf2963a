"""One settings file; every value that differs between machines comes from the environment.

Nothing is created, started or asked over the network at import.
"""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from facsweb.api_settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - settings
from facsweb.broker import embedded_broker_url
from facsweb.env import (
    env_bool,
    env_choice,
    env_file,
    env_int,
    env_list,
    env_networks,
    env_optional_secret,
    env_path,
    env_secret,
    env_str,
    env_url,
)
from facsweb.logs import FORMATS, logging_settings
from facsweb.sign_in_settings import (  # noqa: F401 - the names are settings, too
    ALLAUTH,
    ALLAUTH_APPS,
    ALLAUTH_MIDDLEWARE,
    OIDC_ISSUER,
    OIDC_NAME,
    SECOND_FACTOR,
    SIGN_IN_ORIGINS,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env_path("VAR_DIR", BASE_DIR / "var")

SECRET_KEY = env_secret("SECRET_KEY", least=50)
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")
# Whose X-Forwarded-* headers are believed; facsweb/rest/addresses.py reads them.
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
TRUST_UNIX_SOCKET = "unix" in env_list("TRUSTED_PROXIES", "")

INSTALLED_APPS = [
    "facsweb.accounts.admin_app.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "facsweb.rest",
    "facsweb.audit",
    "facsweb.accounts",
    "facsweb.auditing",
    "facsweb.webhooks",
    "facsweb.charts",
    "annotations",
    "annotations.transfers",
    "annotations.withdrawal",
    "inference",
    "training",
    "facsweb.joblist",
    "facsweb",
    *ALLAUTH_APPS,
]

MIDDLEWARE = [
    "facsweb.monitoring.middleware.Observed",
    "facsweb.rest.middleware.ForgetUnnamedProxies",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "facsweb.rest.middleware.KeepNothing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "facsweb.audit.current.CurrentRequest",
    "facsweb.accounts.middleware.SessionLimits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "facsweb.rest.middleware.RateLimitHeaders",
    *ALLAUTH_MIDDLEWARE,
]

ROOT_URLCONF = "facsweb.urls"
WSGI_APPLICATION = "facsweb.wsgi.application"
# A thread works on one request, and never waits for a client (docs/decisions/0008-server.md).
WEB_PROCESSES = env_int("WEB_PROCESSES", 2)
WEB_THREADS = env_int("WEB_THREADS", 4)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "facsweb.context_processors.roles",
            ],
        },
    },
]


def _database() -> dict[str, object]:
    url = env_str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'facsweb.sqlite3'}")
    try:
        # Kept between requests: opening one costs SQLite a millisecond or two, PostgreSQL more.
        kept = dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
        database: dict[str, object] = dict(kept)
    except (ValueError, KeyError, dj_database_url.ParseError):
        database = {}
    engine = database.get("ENGINE")
    if engine == "django.db.backends.sqlite3":
        # WAL lets readers go on while one writer writes; IMMEDIATE takes the write lock at
        # BEGIN, so that the busy timeout applies instead of "database is locked" at once.
        # FULL: what was answered with 201 is still there after a power cut.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    elif engine != "django.db.backends.postgresql" or not database.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL is malformed: use sqlite:///path/to/file.sqlite3 or "
            "postgres://user:password@host:port/name."
        )
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis protocol: an embedded Valkey on a socket under var/ unless REDIS_URL says otherwise.
REDIS_URL = env_url("REDIS_URL", {"redis", "rediss", "redis+socket", "unix"})
BROKER_IS_EMBEDDED = REDIS_URL is None
CELERY_BROKER_URL = REDIS_URL or embedded_broker_url(VAR_DIR)
# Requests are counted where every web process sees it; "fallback" counts when Redis is away.
CACHES = {
    "default": {
        "BACKEND": "facsweb.rest.cache.Cache",
        "LOCATION": CELERY_BROKER_URL.replace("redis+socket://", "unix://"),
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
    "fallback": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
CELERY_TASK_IGNORE_RESULT = True  # our run rows hold the state, so no result is kept
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = env_int("TASK_TIME_LIMIT", 12 * 3600)
# The time that a job has to say that it took too long, before it is killed.
CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT - min(60, CELERY_TASK_TIME_LIMIT // 4 + 1)
# A task unacknowledged for this long is delivered again: it must outlast the longest task.
CELERY_VISIBILITY_TIMEOUT = CELERY_TASK_TIME_LIMIT + 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "data"
CELERY_TASK_ROUTES = {
    "annotations.transfers.tasks.*": {"queue": "data"},
    "annotations.withdrawal.tasks.*": {"queue": "data"},
    "facsweb.webhooks.tasks.*": {"queue": "data"},
    "training.tasks.compare_coders": {"queue": "data"},  # exact names go before patterns
    "training.tasks.check_drift": {"queue": "data"},
    "training.tasks.*": {"queue": "training"},
    "training.mirror.*": {"queue": "data"},
    "inference.tasks.*": {"queue": "inference"},
}

# Faces are private: MEDIA_ROOT is never served by URL, only through a view that checks access.
MEDIA_ROOT = env_path("MEDIA_ROOT", VAR_DIR / "media")
S3_BUCKET = env_str("S3_BUCKET", "")
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "annotations.faces.storage.DurableFileSystemStorage"},
    "staticfiles": {"BACKEND": "facsweb.static_files.HashedStaticFilesStorage"},
}
_IN_BUCKET: dict[str, dict[str, object]] = {  # models lie there, too (inference/artefacts.py)
    "default": {"file_overwrite": False},
    "models": {"location": "models", "max_memory_size": 16 * 1024 * 1024},
    "caches": {"location": "caches", "max_memory_size": 16 * 1024 * 1024},
}
for _name, _own in _IN_BUCKET.items() if S3_BUCKET else ():
    _options = {"bucket_name": S3_BUCKET, "querystring_auth": True, **_own}
    STORAGES[_name] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _options}
# Uploads lie on the disk of what is kept, so that the finished file is moved and not copied.
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "tmp"
# A batch of usual pictures is read at once anyway, so it needs no files on the way.
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FACE_MAX_BYTES = 20 * 1024 * 1024
FACE_MAX_PIXELS = 40_000_000
BATCH_MAX_BYTES = 256 * 1024 * 1024
# What is deleted after so many days; 0: never.
RETENTION_IMPORT_DAYS = env_int("RETENTION_IMPORT_DAYS", 30)
RETENTION_EXPORT_DAYS = env_int("RETENTION_EXPORT_DAYS", 0)
RETENTION_SESSION_DAYS = env_int("RETENTION_SESSION_DAYS", 1)
RETENTION_MODEL_DAYS = env_int("RETENTION_MODEL_DAYS", 0)
IMPORT_MAX_BYTES = env_int("IMPORT_MAX_BYTES", 10 * 1024**3)
UPLOADS_PER_DAY = env_int("UPLOADS_PER_DAY", 50_000)
UPLOAD_BYTES_PER_DAY = env_int("UPLOAD_BYTES_PER_DAY", 100 * 1024**3)
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 12_000)
SIGN_INS_PER_MINUTE = 10
WEBHOOK_ALLOW_PRIVATE = env_bool("WEBHOOK_ALLOW_PRIVATE", False)
# Named as MLflow's own; a password or token for the server is taken by its client.
MLFLOW_TRACKING_URI = env_str("MLFLOW_TRACKING_URI", "")
MLFLOW_EXPERIMENT_NAME = env_str("MLFLOW_EXPERIMENT_NAME", "facsweb")
MLFLOW_MODEL_NAME = env_str("MLFLOW_MODEL_NAME", "facsweb")

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_MANIFEST_STRICT = True
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "facsweb.charts.finders.PackagedScript",
]

# The model's files: weights to start from, cached features, one folder per model.
VGG16_WEIGHTS = env_file("VGG16_WEIGHTS")
FER_WEIGHTS = env_file("FER_WEIGHTS")
WEIGHTS_ROOT = VAR_DIR / "weights"
FEATURE_CACHE = VAR_DIR / "features"
FEATURE_CACHE_MAX_BYTES = env_int("FEATURE_CACHE_MAX_BYTES", 10 * 1024**3)
# Of a longer prediction run, parts of so many faces are shared among workers: a minute of work, and
# what a worker that dies has to lose.
PREDICTION_PART = env_int("PREDICTION_PART", 256)
# auto: in int8 where a version's own comparison allows that, else in what it learnt in
# (docs/model.md).
PREDICTION_PRECISION = env_choice("PREDICTION_PRECISION", ("auto", "fp32"))
CHECKPOINT_ROOT = VAR_DIR / "checkpoints"
DEMO_DATA = VAR_DIR / "demo" / "CK+"
#: The end of the audit's chain, best on another disk than the database.
AUDIT_ANCHOR = env_path("AUDIT_ANCHOR", VAR_DIR / "audit-anchor")
MODELS_ROOT = env_path("MODELS_ROOT", VAR_DIR / "models")

# One door for pages, the admin site and `token/`: it counts wrong tries.
AUTHENTICATION_BACKENDS = ["facsweb.accounts.door.CountingBackend"]
globals().update(ALLAUTH)  # a second factor and single sign-on: nothing unless turned on
# NIST SP 800-63B-4, section 2.2.3: at most an hour idle, and a day in all.
SESSION_IDLE_MINUTES = env_int("SESSION_IDLE_MINUTES", 60)
SESSION_MOST_HOURS = env_int("SESSION_MOST_HOURS", 24)
SESSION_COOKIE_AGE = SESSION_MOST_HOURS * 3600
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "gallery"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "facsweb.accounts.passwords.EndWithPassword"},
]

HTTPS_ONLY = env_bool("HTTPS_ONLY", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked beside the proxy
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
if HTTPS_ONLY and not (TRUSTED_PROXIES or TRUST_UNIX_SOCKET):
    # Every request would look like plain HTTP, and be redirected to itself for ever.
    raise ImproperlyConfigured(
        "HTTPS_ONLY needs TRUSTED_PROXIES: the addresses of the proxy that ends TLS in front of "
        "facsweb, such as TRUSTED_PROXIES=127.0.0.1."
    )
if TRUSTED_PROXIES or TRUST_UNIX_SOCKET:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *SIGN_IN_ORIGINS],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# LOG_FORMAT=json is for programs; whose token METRICS_TOKEN is may read /metrics.
LOG_FORMAT = env_choice("LOG_FORMAT", FORMATS)
LOGGING = logging_settings(LOG_FORMAT, env_str("LOG_LEVEL", "INFO"))
METRICS_TOKEN = env_optional_secret("METRICS_TOKEN", 20)
