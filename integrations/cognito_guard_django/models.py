"""CognitoUserLink: which caller is which of your users."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from .digests import caller_digest

__all__ = ["LONGEST_SUBJECT", "CognitoUserLink"]

LONGEST_SUBJECT = 255


class _Computed:
    """The digest of a row is that of its issuer and subject, whatever it is set to."""

    def __init__(self, field: models.Field[Any, Any]) -> None:
        self._field = field

    def __get__(self, link: Any, owner: type[Any] | None = None) -> Any:
        return self if link is None else caller_digest(link.issuer, link.subject)

    def __set__(self, link: Any, value: object) -> None:
        # Django looks here for what it has loaded, and so need not load again.
        link.__dict__[self._field.attname] = value


class _DigestField(models.CharField):  # type: ignore[type-arg]
    """Written with each row, however it is written: ``save``, ``bulk_create``, fixtures."""

    descriptor_class = _Computed

    def deconstruct(self) -> Any:
        """A plain column to the migrations, which must not change when this class does."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class _Links(models.QuerySet["CognitoUserLink"]):
    def update(self, **values: Any) -> int:
        """As Django's, except for what a row's digest is made of."""
        if not {"issuer", "subject"}.isdisjoint(values):
            raise TypeError("issuer and subject are changed by save(), which keeps the digest true")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]


class CognitoUserLink(models.Model):
    """A caller, by issuer and subject, and the user who he is here.

    The two together are the only thing about a caller that never changes and that nobody else can
    get. ``issuer`` is the pool's first form (:meth:`cognito_guard.Guard.home_issuer`).
    """

    user: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cognito_links"
    )
    issuer: models.CharField[str, str] = models.CharField(max_length=255)
    subject: models.CharField[str, str] = models.CharField(max_length=LONGEST_SUBJECT)
    # Unique, and what rows are found by. Nothing in rows that were not written through this model.
    digest: models.CharField[Any, Any] = _DigestField(
        max_length=64, unique=True, null=True, editable=False
    )
    first_seen: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)
    # See ``standing``. Seconds since 1970.
    rights_at: models.FloatField[Any, Any] = models.FloatField(null=True, editable=False)
    rights_seen: models.CharField[str, str] = models.CharField(
        max_length=255, default="", db_default="", editable=False
    )
    profile_at: models.FloatField[Any, Any] = models.FloatField(null=True, editable=False)

    objects = _Links.as_manager()

    class Meta:
        """Names."""

        verbose_name = "Cognito user"

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"

    def __repr__(self) -> str:
        return f"<CognitoUserLink {self.pk}>"  # reports of errors show it

    def clean(self) -> None:
        """Say in a form that a caller is somebody already. Raises ``ValidationError``."""
        others = CognitoUserLink.objects.filter(digest=self.digest).exclude(pk=self.pk)
        if others.exists():
            raise ValidationError("This caller is a user already.")
