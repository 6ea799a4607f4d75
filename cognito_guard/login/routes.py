"""The three routes of sign-in: where they are, what links to them ask for, who is led there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, final
from urllib.parse import parse_qs, quote, urlsplit

from .._support.arguments import printable
from ..errors import (
    ConfigurationError,
    KeysUnavailable,
    LoginTooWeak,
    MissingCredentials,
    StepUpRequired,
)
from ..http.carriers import HeaderValues
from ..network.proxies import is_loopback
from ..policy import LONGEST_LEVELS
from .errors import LoginFailed, SessionsUnavailable
from .managed_login import ManagedLogin
from .navigation import is_navigation, text_of
from .next_page import own_page
from .outcomes import LoginSession, Started
from .page import LoginPage, error_page, error_problem
from .reasons import LoginReason
from .sessions import LoginSessions
from .step_up import StepUp

__all__ = ["LoginLink", "LoginRoutes", "sign_in_address"]

# By these, a link may have the user asked again, and make it easier.
_PROMPTS = ("login", "select_account")
_HINTS = ("login_hint", "lang")
_MAX_FIELDS = 32
_MAX_AGE = 10  # digits
# No level: the route says that no sign-in would do.
_NOTHING_WOULD_DO = "acr_values="
# What a path may hold as it is (RFC 3986, section 3.3).
_OF_PATHS = "/:@!$&'()*+,;=~-._"
_OF_QUERIES = f"{_OF_PATHS}?%"


@final
class LoginRoutes:
    """The paths of the three sign-in routes: ``login`` and ``logout`` beside ``callback``, which
    is the path of the login's ``redirect_uri``.

    ``advice``: what to do if the routes are elsewhere, in the framework's terms, for an error.
    Raises :class:`~cognito_guard.ConfigurationError`.
    """

    __slots__ = ("_advice", "_guard", "login_path", "paths", "prefix")

    endings: ClassVar[tuple[str, str, str]] = ("/login", "/callback", "/logout")
    """The last parts of the three paths."""

    def __init__(self, sessions: LoginSessions, *, advice: str) -> None:
        if not isinstance(sessions, LoginSessions):
            raise ConfigurationError("login must be a cognito_guard.login.LoginSessions")
        path = sessions.login.callback_path
        if not path.endswith("/callback"):
            raise ConfigurationError(
                "the path of the login's redirect_uri must end with /callback, such as "
                "/auth/callback, as the route of that name takes it"
            )
        self.prefix = path.removesuffix("/callback")
        self.paths = tuple(self.prefix + ending for ending in self.endings)
        self.login_path = self.paths[0]
        self._advice = advice
        self._guard = sessions.guard

    def require_place(self, path: str) -> None:
        """Require that a request for one of the routes has the path that browsers return to.

        Raises :class:`~cognito_guard.ConfigurationError`.
        """
        if path not in self.paths:
            raise self._misplaced(path.rpartition("/")[0])

    def require_prefix(self, prefix: str) -> None:
        """Require that an app's routes below ``prefix`` can match ``redirect_uri``. This is checked
        as far as possible before the first request: a server may add a path in front.

        Raises :class:`~cognito_guard.ConfigurationError`.
        """
        if not self.prefix.endswith(prefix):
            raise self._misplaced(prefix)

    def missing(self, register: str, *, below: str = "") -> ConfigurationError:
        """Return the error for an app that has none of the routes. ``register``: the code that adds
        them, in the framework's terms, with ``{prefix}`` in it. ``below``: the path that a server
        removes."""
        how = register.format(prefix=f'"{self.prefix.removeprefix(below)}"')
        return ConfigurationError(
            f"nothing answers {self.login_path}: the sign-in's routes are missing. Add {how}"
        )

    def _misplaced(self, there: str) -> ConfigurationError:
        return ConfigurationError(
            f"the sign-in's routes are at {there or '/'}, and redirect_uri leads to "
            f"{self.prefix or '/'}: {self._advice}"
        )

    def way_in(
        self,
        error: object,
        *,
        method: str,
        path: str,
        query: bytes,
        headers: HeaderValues,
        session: LoginSession | None = None,
    ) -> str | None:
        """Return where to redirect a browser that must sign in because of ``error``.
        Return ``None`` for all other requests, which are refused. ``path``: decoded, as the browser
        has it. ``session``: the session of a user who is already signed in."""
        if method not in ("GET", "HEAD") or not is_navigation(headers):
            return None
        if not isinstance(error, MissingCredentials | StepUpRequired):
            return None
        page = quote(path, safe=_OF_PATHS)
        if query:
            page += f"?{query.decode('latin-1')}"
        step_up = error if isinstance(error, StepUpRequired) else None
        return sign_in_address(self.login_path, page, step_up=step_up, session=session)

    def page(self, error: LoginFailed | SessionsUnavailable | KeysUnavailable) -> LoginPage:
        """Return the error page, with a link to the sign-in. The guard's listeners are told."""
        return self._told(error, error_page(error, again=self.login_path))

    def answer(
        self, error: LoginFailed | SessionsUnavailable | KeysUnavailable, headers: HeaderValues
    ) -> LoginPage:
        """Return an error page for a person, or problem details for a script."""
        return self.page(error) if is_navigation(headers) else self.problem(error)

    def problem(self, error: LoginFailed | SessionsUnavailable | KeysUnavailable) -> LoginPage:
        """Return problem details for a script. The guard's listeners are told."""
        return self._told(error, error_problem(error, docs_url=self._guard.docs_url))

    def _told(
        self, error: LoginFailed | SessionsUnavailable | KeysUnavailable, page: LoginPage
    ) -> LoginPage:
        self._guard.tell_refused(error.reason, page.status)
        return page


def sign_in_address(
    login_path: str,
    page: str,
    *,
    again: bool = False,
    step_up: StepUpRequired | None = None,
    session: LoginSession | None = None,
) -> str:
    """Return the path that leads through a sign-in to ``page``.

    ``again``: ask users again who are already signed in. ``step_up``: the refusal that makes a
    user with ``session`` sign in again; the path requests what it asks for. If the page refuses for
    the same reason again, right after the sign-in that it asked for, the path leads to an error
    page instead.
    """
    page = own_page(page)
    address = f"{login_path}?next={quote(page, safe='')}"
    if step_up is None:
        return f"{address}&prompt=login" if again else address
    address += "&prompt=login"
    before = None if session is None else session.step_up
    reason = str(step_up.reason)
    asks = StepUp(frozenset({reason}), page) if before is None else before.and_then(reason, page)
    if asks is None:
        return f"{address}&{_NOTHING_WOULD_DO}"
    address += f"&step_up={asks.why}"
    levels = _fitting(step_up.acr_values)
    if session is not None and session.identity.acr in levels:
        # That was not enough, so it is not asked for again, nor what is wanted less.
        del levels[levels.index(session.identity.acr) :]
    if not levels and isinstance(step_up, LoginTooWeak) and step_up.max_age is None:
        return f"{address}&{_NOTHING_WOULD_DO}"
    if levels:
        address += f"&acr_values={quote(' '.join(levels), safe='')}"
    return address if step_up.max_age is None else f"{address}&max_age={step_up.max_age}"


def _fitting(levels: Iterable[str]) -> list[str]:
    """Those that can be asked for, in their order. A policy of a user's names what it likes, and
    two policies may name many."""
    found: list[str] = []
    for level in levels:
        if level and printable(level) and " " not in level:
            found.append(level)
            if len(" ".join(found)) > LONGEST_LEVELS:
                found.pop()
    return found


@final
class LoginLink:
    """The parameters of a link to ``login``, read from the raw ``query`` of the request.

    ``next_page``: the page to return to. ``asks_again``: whether to ask the user again, even if the
    user is signed in.
    """

    __slots__ = ("_hints", "_query", "_step_up", "_stronger", "_wanted", "next_page")

    def __init__(self, query: str | bytes) -> None:
        asked = _fields(query)
        self._query = query
        self.next_page = own_page(asked.get("next"))
        self._wanted: dict[str, object] = {}
        if asked.get("prompt") in _PROMPTS:
            self._wanted["prompt"] = asked["prompt"]
        # Of a link that leads to a stronger sign-in; no other one may ask for that.
        stronger = asked.get("prompt") == "login"
        self._stronger = _stronger(asked) if stronger else {}
        self._step_up: StepUp | None = None
        if stronger and "step_up" in asked:
            self._step_up = StepUp.of(f"{asked['step_up']} {self.next_page}")
        self._hints = {name: asked[name] for name in _HINTS if name in asked}

    @property
    def asks_again(self) -> bool:
        """Whether to ask the user again."""
        return bool(self._wanted)

    def start(self, sessions: LoginSessions, headers: HeaderValues) -> Started:
        """Begin the sign-in, in the browser that sent the request with these headers.

        If a site on this machine was requested under another name than that of ``redirect_uri``
        (``127.0.0.1`` for ``localhost``), the browser is first redirected to the same route there.
        Otherwise it would come back without its cookie.

        Raises :class:`LoginFailed` (``login_too_weak``) if no sign-in would be enough, and
        (``other_credential``) if the request has an ``Authorization`` header. A browser sends that
        again when it comes back, as after the password of a proxy; then it alone counts, and the
        page that wants a sign-in would lead here for ever.
        """
        if self._stronger.get("acr_values") == []:
            raise LoginFailed(LoginReason.LOGIN_TOO_WEAK)
        if headers("authorization"):
            raise LoginFailed(LoginReason.OTHER_CREDENTIAL)
        if _is_elsewhere(sessions.login, headers):
            raw = self._query
            raw = raw.encode("latin-1", "replace") if isinstance(raw, str) else raw
            query = quote(raw, safe=_OF_QUERIES)
            return Started(
                f"{sessions.login.origin}{_login_path(sessions.login)}{query and '?'}{query}",
                *(sessions.find_binding(headers) or "", ()),
            )
        wanted: dict[str, Any] = {
            "next_page": self.next_page,
            "stronger": self._step_up is not None or bool(self._stronger),
            "step_up": self._step_up,
            **self._wanted,
            **self._stronger,
        }
        # The binding is in no variable: a user's clock runs meanwhile.
        try:
            return sessions.start(
                binding=sessions.find_binding(headers), **{**wanted, **self._hints}
            )
        except ConfigurationError:  # a hint that nobody can ask with
            return sessions.start(binding=sessions.find_binding(headers), **wanted)


def _stronger(asked: dict[str, str]) -> dict[str, object]:
    """What a sign-in has to bring; nothing that nobody can ask with."""
    found: dict[str, object] = {}
    levels, age = asked.get("acr_values"), asked.get("max_age", "")
    if levels is not None and len(levels) <= LONGEST_LEVELS and printable(levels):
        found["acr_values"] = levels.split()
    if age.isascii() and age.isdigit() and len(age) <= _MAX_AGE:
        found["max_age"] = int(age)
    return found


def _is_elsewhere(login: ManagedLogin, headers: HeaderValues) -> bool:
    """Whether a request came to another name of this machine. What the request says is compared,
    and used for nothing else: it is the login's own origin that a browser is led to.

    With the same port alone, and without TLS: a proxy on this machine that names itself in ``Host``
    has another port, and the browser would be led to it for ever.
    """
    ours = urlsplit(login.origin)
    hosts = [text_of(value) for value in headers("host")]
    if ours.scheme != "http" or len(hosts) != 1 or not _login_path(login):
        return False
    try:
        asked = urlsplit(f"//{hosts[0]}")
        name, port = asked.hostname or "", asked.port
    except ValueError:
        return False
    same_port = (port or 80) == (ours.port or 80)
    return is_loopback(name) and name != ours.hostname and same_port


def _login_path(login: ManagedLogin) -> str:
    """Empty where the callback is at a place of somebody's own making."""
    before, _, last = login.callback_path.rpartition("/")
    return f"{before}/login" if last == "callback" else ""


def _fields(query: str | bytes) -> dict[str, str]:
    """The first value of each field; nothing of a query that cannot be read. A value that cannot be
    read has letters that no page and no hint has."""
    try:
        raw = query.encode("latin-1") if isinstance(query, str) else query
        text = raw.decode("utf-8", "surrogateescape")
        found = parse_qs(
            text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        return {}
    # An empty one says nothing, but for levels: that there is none to ask for.
    said = {name: next(filter(None, values), "") for name, values in found.items()}
    return {name: value for name, value in said.items() if value or name == "acr_values"}
