"""Ways in: programs' tokens, browsers' sessions, links that set a password; and wrong tries.

Tokens and links are known by a digest only, so a stolen copy of the database opens nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone


class ApiTokenQuerySet(QuerySet["ApiToken"]):
    def usable(self) -> ApiTokenQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def of(self, user: User) -> ApiTokenQuerySet:
        return self.filter(user=user)


class ApiToken(models.Model):
    """A key with which a program comes in: one person's, named, limited in scope and time."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    #: Names of facsweb.accounts.permissions.SCOPES.
    scopes = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    #: Its text, on the instance that was just issued and nowhere else.
    token: str

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at


class BrowserSession(models.Model):
    """A sign-in by a browser, as its owner is shown it. Gone when Django's session is."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browser_sessions"
    )
    started_at = models.DateTimeField()
    #: Written once a minute at most.
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    #: Such as "Firefox on Linux".
    browser = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.browser or 'a browser'}"


class SignInTries(models.Model):
    """The wrong tries to sign in of late: of one account, from one address or on one device."""

    #: A keyed digest, as people type passwords into the field for names.
    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    #: When the last try was, whose failures are forgotten one by one from then on.
    at = models.DateTimeField()
    #: Until then nobody may try.
    blocked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.failures} wrong tries"


class PasswordLink(models.Model):
    """A link by which somebody chooses a password, once: invited, or in place of a lost one.

    Without a user it makes the very first admin.
    """

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="password_links",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"for {self.user or 'the first admin'}"
