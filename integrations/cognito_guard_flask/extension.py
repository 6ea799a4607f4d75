"""CognitoGuard: the Flask extension. Guards views, blueprints and whole apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, final, overload

from flask import Blueprint, Flask, Response, current_app, request

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    MissingCredentials,
    Policy,
    PolicyLike,
    build_policy,
    enforce,
)

from .current import EXTENSION, authenticate
from .refusal import keep_challenge, refuse
from .views import Check, V, before, refuse_open_view

__all__ = ["CognitoGuard"]

Names: TypeAlias = str | Iterable[str]


@final
class CognitoGuard:
    """Lets only the callers reach a view who may.

    ``guard``
        The :class:`cognito_guard.Guard` that decides. Without it, ``init_app`` makes one for each
        app, from the settings in ``app.config`` that start with ``prefix``.

    A request that may not reach a guarded view is a :class:`Refusal` instead. No setting switches
    that off, ``TESTING`` neither. What is known of an app is in ``app.extensions`` and what is
    known of a request in its WSGI environ, so one instance serves any number of apps and threads.
    Raises ``ConfigurationError``.
    """

    def __init__(
        self, app: Flask | None = None, *, guard: Guard | None = None, prefix: str = "COGNITO_"
    ) -> None:
        self._guard = _checked(guard)
        self._prefix = prefix
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, guard: Guard | None = None) -> None:
        """Make ready for an app. ``guard`` decides for this app instead of the one above.

        Raises ``ConfigurationError`` for a setting that is missing, wrong or unknown.
        """
        guards = app.extensions.setdefault(EXTENSION, {})
        if self in guards:
            raise ConfigurationError("init_app was called twice for one app")
        guard = _checked(guard) or self._guard
        if guard is None:
            guard = Guard.from_mapping(app.config, prefix=self._prefix)
        if not guards:
            app.url_value_preprocessor(refuse_open_view)
            app.after_request(keep_challenge)
        guards[self] = guard

    @overload
    def required(self, view: V, /) -> V: ...
    @overload
    def required(
        self,
        /,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        policy: PolicyLike | None = None,
    ) -> Callable[[V], V]: ...
    def required(
        self,
        view: Any = None,
        /,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        policy: PolicyLike | None = None,
    ) -> Any:
        """Let only callers reach a view who have all that is named; without arguments, any caller
        who is authenticated.

        For functions, async or not, and for ``View`` and ``MethodView`` classes. Stands below the
        route decorator. Raises ``ConfigurationError`` for an empty or wrong requirement.
        """
        needed = build_policy(groups=groups, scopes=scopes, roles=roles, policy=policy)
        decorate = before(self._check(needed))
        return decorate if view is None else decorate(view)

    def optional(self, view: V, /) -> V:
        """Let callers without a credential reach a view too; ``current_identity`` is false then.
        A credential that is there and bad is refused all the same."""

        def check() -> None:
            self.identify()

        return before(check)(view)

    def protect(
        self,
        scaffold: Flask | Blueprint,
        /,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        policy: PolicyLike | None = None,
        exempt: Iterable[str] = (),
    ) -> None:
        """Require the same of every request to a blueprint or an app, but for ``exempt`` endpoints.

        An endpoint is named as in ``url_for``, or by its name in the blueprint that is protected.
        In an app, URLs that lead nowhere are protected too, and ``"static"``. Raises
        ``ConfigurationError``.
        """
        if not isinstance(scaffold, Flask | Blueprint):
            raise ConfigurationError("protect() takes a Flask app or a Blueprint")
        endpoints = _endpoints(exempt)
        check = self._check(build_policy(groups=groups, scopes=scopes, roles=roles, policy=policy))

        def before_request() -> Response | None:
            if not endpoints.isdisjoint(_names_in(scaffold)):
                return None
            if request.endpoint is None and _is_preflight():
                return None  # nothing to guard: Flask answers 404 or 405
            return check()

        scaffold.before_request(before_request)

    def identify(self) -> Identity | None:
        """Who sent this request; ``None`` if it carries no credential. Raises :class:`Refusal`."""
        guard = self._guard_of_app()
        try:
            return authenticate(guard)
        except MissingCredentials:
            return None
        except (AuthError, KeysUnavailable) as error:
            raise refuse(guard, error) from error

    def enforce(self, policy: PolicyLike | None = None) -> Identity:
        """What ``required`` does, inside a view: the caller, if there is one and the policy lets
        him pass. Raises :class:`Refusal`."""
        guard = self._guard_of_app()
        try:
            identity = authenticate(guard)
            if policy is not None:
                enforce(policy, identity)
        except (AuthError, KeysUnavailable) as error:
            raise refuse(guard, error) from error
        return identity

    def _check(self, policy: Policy) -> Check:
        def check() -> Response | None:
            if _is_preflight():
                # It never carries a credential (Fetch standard, "CORS-preflight fetch"), so it is
                # answered as Flask answers it. A view that takes OPTIONS itself must not run: the
                # request may as well be an attacker's.
                return current_app.make_default_options_response()
            self.enforce(policy)
            return None

        return check

    def _guard_of_app(self) -> Guard:
        try:
            guard: Guard = current_app.extensions[EXTENSION][self]
        except KeyError:
            raise ConfigurationError("call init_app of this CognitoGuard for the app") from None
        return guard


def _checked(guard: Guard | None) -> Guard | None:
    if guard is not None and not isinstance(guard, Guard):
        raise ConfigurationError("guard must be a cognito_guard.Guard")
    return guard


def _is_preflight() -> bool:
    environ = request.environ
    return (
        environ["REQUEST_METHOD"] == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    )


def _endpoints(exempt: Iterable[str]) -> frozenset[str]:
    if not isinstance(exempt, str) and isinstance(exempt, Iterable):
        names = list(exempt)
        if all(isinstance(name, str) and name for name in names):
            return frozenset(names)
    raise ConfigurationError("exempt must be a list of endpoint names")


def _names_in(scaffold: Flask | Blueprint) -> set[str]:
    """The endpoint of this request, and what it is called inside a blueprint."""
    endpoint = request.endpoint
    if endpoint is None:
        return set()
    # A blueprint may be registered under several names, and be nested in others.
    within = [name for name in request.blueprints if current_app.blueprints.get(name) is scaffold]
    return {endpoint, *(endpoint.removeprefix(f"{name}.") for name in within)}
