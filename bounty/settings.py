"""Settings of the site, all read from the environment in one place.

Every value has a default that is safe on a laptop. A value that makes no sense stops the start with its name.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from environs import Env, validate
from redis.backoff import NoBackoff
from redis.retry import Retry

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that the site writes on a single machine lies under one folder: database, artifacts, Redis, logs.
HOME = Path(env.str("BOUNTY_HOME", str(BASE_DIR / "var")))
# Its owner's alone: whoever could look into it would read the labels. (A wider mode that it was given stays.)
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
ARTIFACTS = Path(env.str("BOUNTY_ARTIFACTS", str(HOME / "artifacts")))


def _secret_key() -> str:
    """The key from the environment, else one generated once and kept readable by its owner only."""
    if key := env.str("SECRET_KEY", ""):
        return key
    path = HOME / "secret_key"
    if not path.exists():
        # Whole or not at all: several processes may start at once, and none must read an empty key.
        descriptor, name = tempfile.mkstemp(dir=HOME, prefix=".secret_key-")
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000")
# Behind TLS (any SITE_URL with https) cookies travel over TLS only.
_HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
# Strangers of the API are counted by address: the proxy's word for it is believed only where there is one.
NINJA_NUM_PROXIES = 1 if SECURE_PROXY_SSL_HEADER else 0
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "auditlog",
    "axes",
    "csp",
    "django_htmx",
    "rules.apps.AutodiscoverRulesConfig",
    "bounty",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bounty.core.localization.ZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bounty.web.errors.MethodNotAllowedPage",
    "axes.middleware.AxesMiddleware",
]
CSRF_FAILURE_VIEW = "bounty.web.errors.csrf_failure"

ROOT_URLCONF = "bounty.urls"
WSGI_APPLICATION = "bounty.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- the truth -------------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{HOME / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a verdict reads, then writes; a deferred transaction would fail at the write under load.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
# Off, because IMMEDIATE would make every GET a writer.
ATOMIC_REQUESTS = False


# --- Redis: broker, cache, rate limits; never the only place where something is known ---------------------------
def _redis_socket() -> Path:
    """The path of our own Redis's socket: in HOME, or, as a socket's path is limited to 107 bytes, under /tmp."""
    if len(os.fsencode(path := HOME.resolve() / "redis.sock")) < 100:
        return path
    name = hashlib.sha256(os.fsencode(HOME.resolve())).hexdigest()[:16]
    (folder := Path(tempfile.gettempdir()) / f"bounty-{os.getuid()}-{name}").mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else; set REDIS_URL or a shorter BOUNTY_HOME")
    return folder / "redis.sock"


REDIS_URL = env.str("REDIS_URL", "") or f"unix://{_redis_socket()}"
# Celery spells a socket's scheme differently from redis-py.
BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "bounty.core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        # A page waits no longer for what it can do without.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 1)},
    }
}

# --- people ----------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", "optional")
ACCOUNT_LOGOUT_ON_GET = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_VERBOSE = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "bias-bounty@localhost")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", False)
# Seconds: a page that writes to a new address, and the worker that sends notices, wait no longer for the server.
EMAIL_TIMEOUT = 10
# When daily digests are sent, an hour in UTC.
DIGEST_HOUR = env.int("BOUNTY_DIGEST_HOUR", 7, validate=validate.Range(0, 23))
# Web hooks go to public addresses only; a laptop's own receiver needs this.
WEBHOOK_ALLOW_PRIVATE = env.bool("BOUNTY_WEBHOOK_ALLOW_PRIVATE", False)

# Whether everybody with an account may make competitions, or only whom a superuser gave the permission.
OPEN_ORGANISING = env.bool("BOUNTY_OPEN_ORGANISING", False)
# The largest table that a page takes; larger ones are for manage.py create_competition, on the machine itself.
MOST_TABLE_BYTES = env.int("BOUNTY_MOST_TABLE_BYTES", 200 * 1024 * 1024)

# --- pages -----------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _HTTPS
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(HOME / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if (STATIC_ROOT / "staticfiles.json").exists()
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# Refused before it is read: the largest request body that a page accepts outside file uploads.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A form over a wide table's columns has a few fields for each of them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- jobs ------------------------------------------------------------------------------------------------------
# A running step holds a lease; beat gives back what no heartbeat renewed.
LEASE_SECONDS = env.int("LEASE_SECONDS", 60)
# A platform's fault is tried again this many times before a person has to look.
MAX_ATTEMPTS = env.int("MAX_ATTEMPTS", 5)
# Evaluate workers that `serve` and `demo` start; 0: as the machine's cores and memory suggest.
EVALUATE_PLACES = env.int("BOUNTY_PLACES", 0)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
