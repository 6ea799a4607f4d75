"""CognitoGuard: the Flask extension. Guards views, blueprints and whole apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, final, overload

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from cognito_guard import (
    AuthError,
    CognitoGuardError,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    MissingCredentials,
    Policy,
    PolicyLike,
    enforce,
)

from .apiflask import speak_apiflask
from .current import EXTENSION, SIGNS_IN, Kept, authenticate, kept
from .engine_errors import convert_errors
from .metadata import ResourceMetadata
from .needs import Guarding, Names, build_needs
from .open_views import Lookout
from .preflight import note, preflight_answer, sanitise_preflights
from .protecting import ask_again, protecting
from .refusal import Refusal, finish, refuse
from .serialize import explain_serialization
from .views import Check, V, before, decorates

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi
    from cognito_guard.login import LoginSessions, SessionStore
    from cognito_guard.sign_out import SignedOut

    from .signed_in import SignedIn

__all__ = ["CognitoGuard"]

# In `app.extensions`: what asks who has signed in, by extension.
_LOGINS = "cognito_guard.login"


@final
class CognitoGuard:
    """The extension that protects the views of an app.

    ``guard``
        The :class:`cognito_guard.Guard` that decides. Without it, ``init_app`` makes one for each
        app, from the settings in ``app.config`` that start with ``prefix``.
    ``login``
        The :class:`cognito_guard.login.LoginSessions` of users who sign in with a browser. If a
        request has no other credential, the signed-in user is the caller. Without ``login``,
        ``init_app`` makes the sessions from the settings that start with ``prefix`` and ``LOGIN_``,
        with ``login_store`` as their store. Their secrets are Flask's ``SECRET_KEY`` and
        ``SECRET_KEY_FALLBACKS``, unless ``LOGIN_SECRETS`` is set. For the routes, see
        :func:`cognito_guard_flask.login.login_blueprint`.

    If the guard has a ``resource``, its metadata (RFC 9728) is served to everybody.

    A request that may not reach a protected view raises a :class:`Refusal`. No setting switches
    that off, not even ``TESTING``. The extension keeps an app's state in ``app.extensions`` and a
    request's state in its WSGI environ, so one instance serves any number of apps and threads.
    Raises ``ConfigurationError``.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        guard: Guard | None = None,
        login: LoginSessions | None = None,
        login_store: SessionStore | None = None,
        prefix: str = "COGNITO_",
    ) -> None:
        self._guard = _checked(guard)
        self._login = login
        self._login_store = login_store
        self._prefix = prefix
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, guard: Guard | None = None) -> None:
        """Set up the extension for an app. ``guard`` decides for this app instead of the
        extension's own.

        Raises ``ConfigurationError`` for a setting that is missing, wrong or unknown.
        """
        guards = app.extensions.setdefault(EXTENSION, {})
        if self in guards:
            raise ConfigurationError("init_app was called twice for one app")
        guard = _checked(guard) or self._guard
        if guard is None:
            guard = Guard.from_mapping(app.config, prefix=self._prefix)
        self._init_login(app, guard)
        if not guards:
            look = Lookout(app)
            # Two, as a preprocessor of the app's own may choose the view.
            app.url_value_preprocessor(note)
            _move_to_front(app.url_value_preprocessors, note)
            app.url_value_preprocessor(look)
            app.after_request(finish)
            _move_to_front(app.after_request_funcs, finish)  # to be the last: they run in reverse
            ask_again(app, look)
            sanitise_preflights(app)
            convert_errors(app)
            explain_serialization(app)
            speak_apiflask(app)
        if guard.resource is not None:
            app.wsgi_app = ResourceMetadata(app.wsgi_app, guard=guard)  # type: ignore[method-assign]
        guards[self] = guard

    def _init_login(self, app: Flask, guard: Guard) -> None:
        start = f"{self._prefix}LOGIN_"
        said = self._login is not None or self._login_store is not None
        if said or any(name.startswith(start) for name in app.config):
            from .signed_in import LOGINS, made  # and nothing of it is loaded where it is not used

            signed_in = made(app, self._login, guard, self._login_store, self._prefix)
            app.extensions.setdefault(LOGINS, {})[self] = signed_in
            app.url_value_preprocessor(signed_in.require_routes)

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
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
    ) -> Callable[[V], V]: ...
    def required(
        self,
        *view: Any,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
    ) -> Any:
        """Protect a view: the caller must have everything that is named. Without arguments, any
        authenticated caller passes.

        Works for functions, async or not, and for ``View`` and ``MethodView`` classes. Put it below
        the route decorator. Raises ``ConfigurationError`` for an empty or wrong requirement.
        """
        needed = build_needs(
            groups=groups,
            scopes=scopes,
            roles=roles,
            acr=acr,
            mfa=mfa,
            max_age=max_age,
            policy=policy,
        )
        decorate = before(self._check(needed.policy), Guarding(self, needed.asked))
        # A decorator below may have given None, which is not none.
        return decorate(*view) if view else decorate

    @overload
    def login_required(self, view: V, /) -> V: ...
    @overload
    def login_required(
        self,
        /,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
    ) -> Callable[[V], V]: ...
    def login_required(
        self,
        *view: Any,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
    ) -> Any:
        """Do the same as :meth:`required`, for pages: a browser that opens one is redirected to the
        sign-in and back. A script's request is refused.

        If the policy requires a more recent sign-in, the user is asked to sign in again. Needs
        ``login``.
        """
        needed = build_needs(
            groups=groups,
            scopes=scopes,
            roles=roles,
            acr=acr,
            mfa=mfa,
            max_age=max_age,
            policy=policy,
        )
        check = self._check(needed.policy, lead=True)
        decorate = before(check, Guarding(self, needed.asked))
        # A decorator below may have given None, which is not none.
        return decorate(*view) if view else decorate

    def optional(self, view: V, /) -> V:
        """Let callers without a credential reach a view too. ``current_identity`` is then false. An
        invalid credential is refused.
        """

        def check() -> None:
            self.identify()

        return before(check, Guarding(self))(view)

    def protect(
        self,
        scaffold: Flask | Blueprint,
        /,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
        exempt: Iterable[str] = (),
        pages: bool = False,
    ) -> None:
        """Require the same of every request to a blueprint or an app, except for ``exempt``
        endpoints.

        Name an endpoint as in ``url_for``, or by its name in the protected blueprint. In an app,
        URLs that lead nowhere are protected too, and so is ``"static"``. The routes of the sign-in
        are not. ``pages`` redirects browsers as :meth:`login_required` does. Raises
        ``ConfigurationError``.
        """
        if not isinstance(scaffold, Flask | Blueprint):
            raise ConfigurationError("protect() takes a Flask app or a Blueprint")
        endpoints = _endpoints(exempt)
        needed = build_needs(
            groups=groups,
            scopes=scopes,
            roles=roles,
            acr=acr,
            mfa=mfa,
            max_age=max_age,
            policy=policy,
        )
        guarding = Guarding(self, needed.asked)

        check = self._check(needed.policy, lead=pages)

        def is_exempt() -> bool:
            return _signs_in() or not endpoints.isdisjoint(_names_in(scaffold))

        def answer() -> Response | None:
            return preflight_answer() if kept().is_preflight and not is_exempt() else None

        def refuse_strangers() -> Response | None:
            return None if is_exempt() else check()

        answer_preflight = protecting(answer)
        # The first of all, so that nobody's code runs for a preflight. Callers are looked at in
        # the order of registration, as a policy may need what was done before.
        scaffold.before_request(answer_preflight)
        _move_to_front(scaffold.before_request_funcs, answer_preflight)
        scaffold.before_request(
            protecting(refuse_strangers, lambda: None if is_exempt() else guarding)
        )

    def identify(self) -> Identity | None:
        """Return the caller of this request, or ``None`` without a credential. Raises
        :class:`Refusal`.
        """
        guard = self._guard_of_app()
        try:
            return authenticate(guard, self._signed_in, kept())
        except MissingCredentials:
            return None
        except CognitoGuardError as error:
            raise self._refusal(guard, error) from error

    def enforce(self, policy: PolicyLike | None = None) -> Identity:
        """Return the caller, if there is one and the policy accepts them. Use it inside a view.
        Raises :class:`Refusal`. In a page, one that asks for a stronger sign-in leads browsers
        there, as the policy of :meth:`login_required` does.
        """
        try:
            return self._enforce(policy, kept())
        except Refusal as refusal:
            refusal._by_view = True
            raise

    def _enforce(self, policy: PolicyLike | None, known: Kept) -> Identity:
        guard = self._guard_of_app()
        try:
            identity = authenticate(guard, self._signed_in, known)
            if policy is not None:
                enforce(policy, identity)
        except CognitoGuardError as error:
            raise self._refusal(guard, error) from error
        return identity

    def sign_out(self, *, everywhere: bool = False, user_api: UserApi | None = None) -> SignedOut:
        """Sign out the caller of this request.

        If the guard has a revocation list, an entry is written to it, for callers of every kind. If
        the caller came by a login session, the session ends, its refresh token is revoked at the
        pool, ``flask.session`` is emptied, and the response deletes the cookie. Redirect a browser
        to ``url`` of the result then. For the rest of the request, there is no caller.

        ``everywhere``: end all sign-ins of the user. ``user_api``, a
        :class:`cognito_guard.aws.UserApi`: let Cognito end them as well (``GlobalSignOut``). This
        takes an access token with the scope ``aws.cognito.signin.user.admin``. The result says
        whether Cognito did.

        Raises :class:`Refusal` if there is no caller. Raises it with 503, after everything else is
        done, if the list or the session could not be written. Raises ``ConfigurationError`` if
        nothing would be signed out.
        """
        from .sign_out import sign_out  # and nothing of it is loaded where it is not used

        identity = self.enforce()
        guard, signed_in = self._guard_of_app(), self._signed_in()
        try:
            return sign_out(guard, signed_in, identity, everywhere=everywhere, user_api=user_api)
        except CognitoGuardError as error:
            raise self._refusal(guard, error) from error

    def _check(self, policy: Policy, *, lead: bool = False) -> Check:
        """What stands before a view. ``lead``: to the sign-in, who has to and can."""

        def check() -> Response | None:
            known = kept()
            if known.is_preflight:
                return preflight_answer()
            if not lead:
                self._enforce(policy, known)
                return None
            signed_in = self._signed_in()
            if signed_in is None:
                raise ConfigurationError("login_required needs a CognitoGuard with login=...")
            try:
                self._enforce(policy, known)
            except Refusal as refusal:
                way_in = signed_in.way_in(refusal.__cause__)
                if way_in is None:
                    raise
                return way_in
            known.page = signed_in
            return None

        return check

    def _refusal(self, guard: Guard, error: CognitoGuardError) -> HTTPException:
        """What to raise for an error: where it is about the session, a page or problem details."""
        signed_in = self._signed_in()
        if isinstance(error, ConfigurationError):
            raise error
        if isinstance(error, AuthError) or signed_in is None:
            return refuse(guard, error)  # type: ignore[arg-type]  # others come from the session
        if isinstance(error, KeysUnavailable) and not signed_in.for_a_person():
            return refuse(guard, error)
        return signed_in.answer(error)  # type: ignore[arg-type]

    def _signed_in(self) -> SignedIn | None:
        found: SignedIn | None = current_app.extensions.get(_LOGINS, {}).get(self)
        return found

    def _guard_of_app(self) -> Guard:
        try:
            guard: Guard = current_app.extensions[EXTENSION][self]
        except KeyError:
            raise ConfigurationError("call init_app of this CognitoGuard for the app") from None
        return guard


decorates(CognitoGuard.required, CognitoGuard.optional)


def _checked(guard: Guard | None) -> Guard | None:
    if guard is not None and not isinstance(guard, Guard):
        raise ConfigurationError("guard must be a cognito_guard.Guard")
    return guard


def _signs_in() -> bool:
    """Whether the request is for one of the routes of the sign-in, which look for themselves."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(getattr(view, "view_class", None), SIGNS_IN, False) is True


def _move_to_front(functions: dict[Any, list[Any]], last: Any) -> None:
    functions[None].remove(last)
    functions[None].insert(0, last)


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
