"""Identity: who is calling, as a verified token says. Frozen, cheap to build, silent in a repr."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, final

from .read_only import ReadOnlyDict, distinct, plain, read_only

if TYPE_CHECKING:
    from .actor import Actor

__all__ = ["Identity", "NotSent", "distinct", "vouched_for", "with_user_info"]

_CUSTOM = "custom:"

_ORIGINS = {
    "user_info": "user info",
    "user_info_and_token": "user info and an access token",
    "authorizer": "what an authorizer says",
}


# What `as_dict` says, in this order; the claims come last.
_SAID = (
    "subject",
    "issuer",
    "source",
    "token_use",
    "client_id",
    "is_machine",
    "username",
    "display_name",
    "groups",
    "scopes",
    "roles",
    "email",
    "email_verified",
    "issued_at",
    "expires_at",
    "auth_time",
    "acr",
    "amr",
    "actor",
    "custom",
    "claims",
)


@final
class NotSent:
    """Stands beside the type of a parameter that no request may fill in:
    ``Annotated[str, NotSent]``.

    FastAPI fills in the parameters of whatever is a dependency from the query and the body: with
    ``Depends(Identity)``, every client would write its own identity. It asks pydantic about each
    parameter, and pydantic asks what stands beside its type.
    """

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: object) -> NoReturn:
        raise TypeError(
            "this is no dependency, as a request would fill it in: take the caller from "
            "Depends(auth), and name what they must have in Depends(auth.require(...)), with a "
            "CognitoAuth"
        )


@final
class Identity:
    """Who is calling. Built by a verifier, from claims whose signature was verified.

    An optional claim that is absent, or has another type than its attribute, is ``None`` (an empty
    tuple where there could be several). Times are seconds since 1970. Names and meanings: Amazon
    Cognito developer guide, "Using tokens".

    Two identities are equal if all their claims are. The ``repr`` of two others differs, and shows
    no claim.
    """

    # Read-only through properties: refusing in `__setattr__` would cost three times as much for
    # every token that is verified.
    __slots__ = (
        "_claims",
        "_client_id",
        "_frozen",
        "_groups",
        "_roles",
        "_scopes",
        "_source",
        "_token_use",
        "_username",
    )

    _frozen: Mapping[str, Any]

    def __init__(
        self,
        claims: Annotated[dict[str, Any], NotSent],
        token_use: str,
        client_id: str,
        username: str | None = None,
        groups: tuple[str, ...] = (),
        scopes: tuple[str, ...] = (),
        roles: tuple[str, ...] = (),
        source: str = "token",
    ) -> None:
        self._claims = claims
        self._client_id = client_id
        self._token_use = token_use
        self._username = username
        self._groups = groups
        self._scopes = scopes
        self._roles = roles
        self._source = source

    def __repr__(self) -> str:
        origin = _ORIGINS.get(self._source) or f"an {self.token_use} token"
        return (
            f"<Identity from {origin}: {len(self._claims)} claims, "
            f"{len(self.groups)} groups, {len(self.scopes)} scopes, {len(self.roles)} roles; "
            f"{distinct(self._claims, self._roles, self._source)}>"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity):
            return NotImplemented
        return (self._claims, self._roles, self._source) == (
            other._claims,
            other._roles,
            other._source,
        )

    def __hash__(self) -> int:
        return hash((self.issuer, self.subject))

    def __iter__(self) -> NoReturn:
        # What `dict()` and the serialisers of frameworks try, and would report as "not iterable",
        # which leads nowhere.
        raise TypeError("an Identity is no collection; identity.as_dict() is a dict of all of it")

    def __reduce__(self) -> tuple[Any, ...]:
        fields = ("token_use", "client_id", "username", "groups", "scopes", "roles", "source")
        return (Identity, (self._claims, *(getattr(self, name) for name in fields)))

    def as_dict(self) -> dict[str, Any]:
        """All of this as a new, plain ``dict`` that goes through ``json.dumps``: lists, texts,
        numbers. Its names are those of the attributes; ``claims`` has every claim by its own name,
        and ``actor`` those of the actor.

        Use it for a response to the user, or for a job in a queue. **It holds personal data**: do
        not log it.
        """
        said = {name: plain(getattr(self, name)) for name in _SAID}
        actor = self.actor
        said["actor"] = None if actor is None else plain(actor.claims)
        return said

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        # pydantic asks, and with it FastAPI. A model may let in objects of any type. Otherwise its
        # own error would lead to settings of pydantic's.
        try:
            return handler(source)
        except Exception:  # noqa: BLE001 - pydantic is not imported here
            raise TypeError(
                "an Identity is no model: return identity.as_dict(), and take the caller from "
                "Depends(...) of a CognitoAuth"
            ) from None

    @property
    def claims(self) -> Mapping[str, Any]:
        """Every claim, by its name in the token. Read-only all the way down; lists are tuples."""
        try:
            return self._frozen
        except AttributeError:
            # Frozen when first asked for: most requests never look. One identity may serve many
            # requests, so none of them may write into what the next one reads.
            self._frozen = read_only(self._claims)
            return self._frozen

    @property
    def custom(self) -> Mapping[str, Any]:
        """The ``custom:`` claims, by name without that prefix. **Users may be able to write them**:
        if an app client has write access to an attribute, its users choose the value.
        """
        return ReadOnlyDict(
            (name.removeprefix(_CUSTOM), value)
            for name, value in self.claims.items()
            if name.startswith(_CUSTOM)
        )

    @property
    def subject(self) -> str:
        """``sub``, unique within the user pool. The key to store a user under is this together with
        :meth:`Guard.home_issuer <cognito_guard.Guard.home_issuer>`.
        """
        return self._claims["sub"]  # type: ignore[no-any-return]

    @property
    def issuer(self) -> str:
        """``iss``. A pool may use two: store users under ``Guard.home_issuer(identity)``."""
        return self._claims["iss"]  # type: ignore[no-any-return]

    @property
    def source(self) -> str:
        """Where the claims come from. ``"token"``: a token of a user pool. ``"user_info"``: the
        user info that a load balancer requested. ``"user_info_and_token"``: both; if the two have a
        claim with the same name, the token's is used. ``"authorizer"``: an authorizer of AWS or of
        your own that was trusted (:meth:`Guard.trust_claims <cognito_guard.Guard.trust_claims>`).
        """
        return self._source

    @property
    def token_use(self) -> str:
        """``token_use``: ``"access"`` or ``"id"``; ``"user_info"`` if there is no token."""
        return self._token_use

    @property
    def client_id(self) -> str:
        """The app client: ``client_id`` of an access token, ``aud`` of an ID token; with user info
        only, the client that the load balancer signs users in with."""
        return self._client_id

    @property
    def username(self) -> str | None:
        """``username``, or ``cognito:username`` of an ID token; ``None`` for a machine."""
        return self._username

    @property
    def groups(self) -> tuple[str, ...]:
        """``cognito:groups``: the user pool groups of the user."""
        return self._groups

    @property
    def scopes(self) -> tuple[str, ...]:
        """``scope``: the OAuth 2.0 scopes of an access token."""
        return self._scopes

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles in ``custom:role``, or in the claim that the pool's ``role_claim`` names.
        **Users may be able to write it**; see :attr:`custom`."""
        return self._roles

    @property
    def is_machine(self) -> bool:
        """Whether a client signed in as itself (client_credentials) and not for a user."""
        return (
            self.token_use == "access" and self.username is None and self.subject == self.client_id
        )

    @property
    def actor(self) -> Actor | None:
        """``act``: who acts for the subject, after a token exchange (RFC 8693, section 4.1);
        ``None`` if nobody else acts for the caller."""
        from .actor import Actor

        value = self.claims.get("act")
        return Actor(value) if isinstance(value, Mapping) else None

    @property
    def email(self) -> str | None:
        """``email``. Do not use it to identify a user unless :attr:`email_verified` is true."""
        return self._text("email")

    @property
    def email_verified(self) -> bool | None:
        """``email_verified``."""
        value = self._claims.get("email_verified")
        return value if isinstance(value, bool) else None

    @property
    def issued_at(self) -> float | None:
        """``iat``, in seconds since 1970."""
        return self._time("iat")

    @property
    def expires_at(self) -> float | None:
        """``exp``, in seconds since 1970."""
        return self._time("exp")

    @property
    def auth_time(self) -> float | None:
        """``auth_time``: when the user signed in, in seconds since 1970."""
        return self._time("auth_time")

    @property
    def jti(self) -> str | None:
        """``jti``: the id of this token."""
        return self._text("jti")

    @property
    def origin_jti(self) -> str | None:
        """``origin_jti``: the id that all tokens of one sign-in share; revocation uses it."""
        return self._text("origin_jti")

    @property
    def event_id(self) -> str | None:
        """``event_id``: the sign-in event, as in the pool's user activity log."""
        return self._text("event_id")

    @property
    def device_key(self) -> str | None:
        """``device_key``: the remembered device."""
        return self._text("device_key")

    @property
    def nonce(self) -> str | None:
        """``nonce`` of an ID token (OpenID Connect Core, section 3.1.2.1)."""
        return self._text("nonce")

    @property
    def acr(self) -> str | None:
        """``acr``: the level of assurance of the sign-in, such as ``urn:cognito:loa:2``."""
        return self._text("acr")

    @property
    def amr(self) -> tuple[str, ...]:
        """``amr``: how the user signed in, such as ``("pwd", "otp", "mfa")``."""
        return self._texts("amr")

    @property
    def iam_roles(self) -> tuple[str, ...]:
        """``cognito:roles``: ARNs of IAM roles (a list, or in older tokens a text with commas)."""
        value = self._claims.get("cognito:roles")
        if isinstance(value, str):
            return tuple([role.strip() for role in value.split(",") if role.strip()])
        return self._texts("cognito:roles")

    @property
    def preferred_iam_role(self) -> str | None:
        """``cognito:preferred_role``: the ARN of the IAM role that comes first."""
        return self._text("cognito:preferred_role")

    @property
    def federated_identities(self) -> tuple[Mapping[str, Any], ...]:
        """``identities``: the accounts at other identity providers; empty for a native user."""
        value = self.claims.get("identities")
        if not isinstance(value, tuple):
            return ()
        return tuple([one for one in value if isinstance(one, Mapping)])

    @property
    def is_authenticated(self) -> bool:
        """Always ``True``. Starlette, Django and Flask-Login read it on a user object."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """Always ``False``."""
        return False

    @property
    def display_name(self) -> str:
        """The name to show on a page: ``name``, or else the username, or else the subject. Users
        choose it themselves, so it does not prove who they are."""
        name = self._text("name")
        return name if name and not name.isspace() else self.username or self.subject

    def _text(self, name: str) -> str | None:
        value = self._claims.get(name)
        return value if isinstance(value, str) else None

    def _texts(self, name: str) -> tuple[str, ...]:
        value = self._claims.get(name)
        if not isinstance(value, list):
            return ()
        return tuple([text for text in value if isinstance(text, str)])

    def _time(self, name: str) -> float | None:
        value = self._claims.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value


def vouched_for(identity: Identity, source: str) -> Identity:
    """The same caller, vouched for by another source."""
    return Identity(
        identity._claims,
        identity.token_use,
        identity.client_id,
        identity.username,
        identity.groups,
        identity.scopes,
        identity.roles,
        source,
    )


def with_user_info(
    identity: Identity,
    user_info: dict[str, Any],
    roles: Callable[[dict[str, Any]], tuple[str, ...]],
) -> Identity:
    """The caller of a verified access token, with the claims of the user info added.

    ``roles`` finds the roles in the claims of both.
    """
    claims = {**user_info, **identity._claims}
    return Identity(
        claims,
        identity.token_use,
        identity.client_id,
        identity.username,
        identity.groups,
        identity.scopes,
        roles(claims),
        "user_info_and_token",
    )
