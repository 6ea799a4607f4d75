"""CognitoUserLink: which caller is which of your users."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

__all__ = ["LONGEST_SUBJECT", "CognitoUserLink"]

LONGEST_SUBJECT = 255


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
    first_seen: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One user for a caller, whatever happens at once."""

        verbose_name = "Cognito user"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="cognito_guard_issuer_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
