"""What the FastAPI dependencies share, and the dependency that watches over a route."""

# No `from __future__ import annotations`: FastAPI reads the annotations of `__call__` on instances,
# where text could not be resolved.

from collections.abc import AsyncGenerator, Iterable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, Self, final

from fastapi import Depends, HTTPException, Response, WebSocketException
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.openapi.models import SecurityBase as SecurityModel
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketState

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
    require_scopes,
)
from cognito_guard import enforce as enforce_policy

from .held import Call
from .openapi import SchemeName
from .problem import ProblemRefusal
from .refusal import POLICY_VIOLATION, can_deny, challenge, header_values, raw_headers

if TYPE_CHECKING:
    from cognito_guard.login import LoginSessions

    from .login.scheme import LoginScheme

__all__ = ["Scheme"]


class Scheme(SecurityBase):
    """What the dependencies share: the guard, the requirement and the OpenAPI scheme."""

    _anybody: ClassVar[bool] = False
    """Whether a request without a credential is let in, with ``None``."""

    def __init__(
        self,
        guard: Guard,
        *,
        scheme_name: str = "Cognito",
        description: str | None = None,
        policy: Policy | None = None,
        login: "LoginSessions | None" = None,
        pages: bool = False,
        problem_details: bool = False,
    ) -> None:
        if not isinstance(guard, Guard):
            raise ConfigurationError("guard must be a cognito_guard.Guard")
        name = SchemeName(scheme_name)
        name.guard = guard
        name.login = login
        if not isinstance(problem_details, bool):
            raise ConfigurationError("problem_details must be True or False")
        self._problem_details = problem_details
        self._login: LoginScheme | None = None
        self.model: SecurityModel = HTTPBearerModel(bearerFormat="JWT", description=description)
        self._problems: tuple[type[Exception], ...] = (AuthError, KeysUnavailable)
        if login is not None:
            from .login import scheme  # loaded where it is used

            self._login = scheme.LoginScheme(login, pages=pages, problem_details=problem_details)
            login.require_guard(guard)
            self.model = self._login.model(description)
            self._problems = scheme.PROBLEMS
        self.scheme_name: str = name
        self._name = scheme_name
        self.guard = guard
        self._policy = policy
        # Of this object, as pydantic asks what stands beside a type. A class may be a field's type.
        self.__get_pydantic_core_schema__ = _refuse_to_annotate
        self.__signature__ = self._watched()

    def require(
        self,
        *,
        groups: str | Iterable[str] | None = None,
        scopes: str | Iterable[str] | None = None,
        roles: str | Iterable[str] | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        # `Policy` is a `PolicyLike`. Named, it makes FastAPI refuse `Depends(auth.require)`:
        # without the call, it would take the arguments from the query and let everybody in.
        policy: Policy | PolicyLike | None = None,
    ) -> Self:
        """Return the same dependency for callers who also have everything that is named.

        Raises ``ConfigurationError`` for an empty or wrong requirement.
        """
        more = build_policy(
            groups=groups,
            scopes=scopes,
            roles=roles,
            acr=acr,
            mfa=mfa,
            max_age=max_age,
            policy=policy,
        )
        return type(self)(
            self.guard, **self._more(policy=more if self._policy is None else self._policy & more)
        )

    def _more(self, **changes: Any) -> dict[str, Any]:
        """What another one is made with that is the same scheme."""
        login = self._login
        return {
            "scheme_name": self._name,
            "description": self.model.description,
            "policy": self._policy,
            "login": None if login is None else login.sessions,
            "pages": login is not None and login.pages,
            "problem_details": self._problem_details,
            **changes,
        }

    async def _identify(self, call: Call, scopes: list[str], *, anew: bool = False) -> Identity:
        if self._login is None:
            identity = await self.guard.aauthenticate(header_values(call.connection.scope))
        else:
            identity = await self._login.identity(self.guard, call, anew=anew)
        if scopes:
            enforce_policy(require_scopes(*scopes), identity)
        if self._policy is not None:
            enforce_policy(self._policy, identity)
        return identity

    async def _find(self, call: Call, scopes: list[str]) -> Identity | None:
        try:
            return await self._identify(call, scopes)
        except MissingCredentials:
            if self._anybody:
                return None
            raise

    async def _ask(self, call: Call, scopes: list[str]) -> Identity | None:
        """As :meth:`_find`, with what FastAPI understands for a refusal."""
        try:
            return await self._find(call, scopes)
        except self._problems as error:
            raise self._refuse(call, error) from error

    def _watched(self) -> Signature:
        """What FastAPI takes for the signature: the caller comes from a dependency that also turns
        what the route raises into refusals. Called by hand, there is no route to watch."""
        kind: Any = Identity | None if self._anybody else Identity
        inner = Annotated[kind, Depends(Watch(self))]
        return Signature([Parameter("identity", Parameter.KEYWORD_ONLY, annotation=inner)])

    def _refuse(self, call: Call, error: Any) -> Exception:
        if isinstance(call.connection, WebSocket) and not _can_deny(call.connection):
            if isinstance(error, AuthError | KeysUnavailable):
                challenge(self.guard, call.connection.scope, error)  # for its line in the log
            return WebSocketException(POLICY_VIOLATION, str(error.reason))
        if self._login is not None:
            return self._login.refuse(self.guard, call, error)
        answer = challenge(self.guard, call.connection.scope, error)
        headers = Headers(raw=raw_headers(answer))
        if self._problem_details:
            refusal = ProblemRefusal(answer, answer.summary, headers)
            refusal.to_be_answered(call.connection.scope)
            return refusal
        return HTTPException(answer.status, answer.summary, headers)


@final
class Watch:
    """The dependency behind the others: it is there until the route has returned."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme

    async def __call__(
        self, connection: HTTPConnection, scopes: SecurityScopes, response: Response
    ) -> AsyncGenerator[Identity | None]:
        call = Call(connection=connection)
        del connection
        try:
            identity = await self._scheme._find(call, scopes.scopes)
            if self._scheme._login is not None:
                self._scheme._login.mark(call, response)
            yield identity
        except self._scheme._problems as error:
            raise self._scheme._refuse(call, error) from error


def _refuse_to_annotate(source: object, handler: object) -> NoReturn:
    raise ConfigurationError(
        "a CognitoAuth beside a type guards nothing: write Annotated[Identity, Depends(auth)]"
    )


def _can_deny(connection: WebSocket) -> bool:
    """Whether a WebSocket can be answered with an HTTP response."""
    return can_deny(connection.scope) and (
        connection.application_state is WebSocketState.CONNECTING
    )
