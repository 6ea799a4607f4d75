"""CognitoUser: a user who is what the token says, and is stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, final

from django.apps import apps

from cognito_guard import Identity

from .digests import caller_digest

if TYPE_CHECKING:
    from .settings import Settings

__all__ = ["AnonymousCognitoUser", "CognitoUser", "anonymous"]


class _Permissions:
    """What Django's decorators, mixins and templates ask a user about permissions."""

    is_superuser = False

    def get_all_permissions(self, obj: object = None) -> frozenset[str]:
        """The permissions, as ``app.codename``. A permission is never about one object only."""
        return frozenset()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser or perm in self.get_all_permissions(obj)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in _several(perm_list))

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_superuser or any(
            perm.startswith(f"{app_label}.") for perm in self.get_all_permissions()
        )

    async def aget_all_permissions(self, obj: object = None) -> frozenset[str]:
        return self.get_all_permissions(obj)

    async def ahas_perm(self, perm: str, obj: object = None) -> bool:
        return self.has_perm(perm, obj)

    async def ahas_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return self.has_perms(perm_list, obj)

    async def ahas_module_perms(self, app_label: str) -> bool:
        return self.has_module_perms(app_label)


@final
class CognitoUser(_Permissions):
    """``request.user`` with ``"USERS": "stateless"``. It costs no query and cannot be saved.

    ``identity`` is the :class:`cognito_guard.Identity`. Permissions come from the setting
    ``PERMISSIONS``, ``is_staff`` and ``is_superuser`` from ``STAFF_GROUPS`` and
    ``SUPERUSER_GROUPS``. ``pk`` is a string of 64 characters made of issuer and subject, so that
    two callers from different pools never share one. The subject alone is ``identity.subject``.
    """

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, identity: Identity, settings: Settings) -> None:
        self.identity = identity
        # Both issuers of one pool are one: whoever was seen under the first is still the same.
        issuer = settings.guard.home_issuer(identity)
        self.pk = self.id = caller_digest(issuer, identity.subject)
        self.username = identity.username or identity.subject
        self.email = identity.email if identity.email_verified else ""
        groups = set(identity.groups)
        self.is_staff = not groups.isdisjoint(settings.staff_groups or ())
        self.is_superuser = not groups.isdisjoint(settings.superuser_groups or ())
        self._permissions = settings.permissions

    def __str__(self) -> str:
        return self.username

    def __repr__(self) -> str:
        return f"<CognitoUser of {self.identity!r}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CognitoUser):
            return NotImplemented
        return self.pk == other.pk

    def __hash__(self) -> int:
        return hash(self.pk)

    def get_username(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        """What to call the caller on a page."""
        return self.identity.display_name

    def get_all_permissions(self, obj: object = None) -> frozenset[str]:
        """See the setting ``PERMISSIONS``. Nothing is said about single objects."""
        if obj is not None:
            return frozenset()
        return frozenset(
            perm for group in self.identity.groups for perm in self._permissions.get(group, ())
        )


@final
class AnonymousCognitoUser(_Permissions):
    """``request.user`` of nobody, in a project without ``django.contrib.auth``."""

    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False
    pk = id = None
    username = ""

    def __str__(self) -> str:
        return "AnonymousUser"

    def get_username(self) -> str:
        return self.username


def anonymous() -> Any:
    """Django's own ``AnonymousUser``, where its app is installed."""
    if apps.is_installed("django.contrib.auth"):
        from django.contrib.auth.models import AnonymousUser

        return AnonymousUser()
    return AnonymousCognitoUser()


def _several(names: Iterable[str]) -> Iterable[str]:
    # As Django does: the letters of a text are no permissions.
    if isinstance(names, str):
        raise ValueError("perm_list must be an iterable of permissions.")
    return names
