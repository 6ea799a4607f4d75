"""Sign-in in FastAPI's dependencies: the session as a caller, and OAuth 2.0 in OpenAPI."""

from __future__ import annotations

from typing import Any, final

from fastapi import FastAPI, HTTPException, Response
from fastapi.openapi.models import OAuth2, OAuthFlowAuthorizationCode, OAuthFlows
from starlette.datastructures import Headers

from cognito_guard import AuthError, Guard, Identity, KeysUnavailable, MissingCredentials
from cognito_guard.login import (
    LoginFailed,
    LoginSessions,
    SessionsUnavailable,
    error_page,
    is_navigation,
)

from ..caller import caller_of
from ..held import Call, Exchange
from ..marks import marked
from ..place import require_routes
from ..problem import ProblemRefusal, problem_response
from ..refusal import Page, challenge, header_values, raw_headers
from ..signed_in import Problem, SignedIn
from ..signed_out import ANSWER

__all__ = ["PROBLEMS", "ErrorPage", "LoginScheme"]

PROBLEMS = (AuthError, KeysUnavailable, LoginFailed, SessionsUnavailable)
"""What becomes a refusal."""


@final
class ErrorPage(HTTPException):
    """A refusal for a person. FastAPI makes JSON of it, as an ``HTTPException`` can carry no more;
    ``answer`` is the page."""

    def __init__(self, refusal: HTTPException, answer: Response) -> None:
        super().__init__(refusal.status_code, refusal.detail, refusal.headers)
        self.answer = answer


@final
class LoginScheme:
    """What ``CognitoAuth(guard, login=...)`` does besides. ``pages``: whether it is for pages;
    ``problem_details``: whether scripts get these."""

    def __init__(self, login: LoginSessions, *, pages: bool, problem_details: bool = False) -> None:
        self._problem_details = problem_details
        self._signed_in = SignedIn(login)
        self.sessions = login
        self.pages = pages

    def model(self, description: str | None) -> OAuth2:
        """The security scheme: the authorization code flow at the pool's domain."""
        login = self.sessions.login
        flow = OAuthFlowAuthorizationCode(
            authorizationUrl=f"{login.domain}/oauth2/authorize",
            tokenUrl=f"{login.domain}/oauth2/token",
            scopes=dict.fromkeys(login.scopes, ""),
        )
        return OAuth2(flows=OAuthFlows(authorizationCode=flow), description=description)

    def swagger_ui(self, client_id: str | None) -> dict[str, Any]:
        """What Swagger UI's ``initOAuth`` takes."""
        login = self.sessions.login
        return {
            "clientId": login.client_id if client_id is None else client_id,
            "scopes": " ".join(login.scopes),
            "usePkceWithAuthorizationCodeGrant": True,
        }

    async def identity(self, guard: Guard, call: Call, *, anew: bool = False) -> Identity:
        """The caller, by a credential or else by the session."""
        try:
            return await guard.aauthenticate(header_values(call.connection.scope))
        except MissingCredentials:
            pass
        held = Exchange(call.connection.scope, _nothing, _nothing)
        look = await self._signed_in.look(held, anew=anew)
        if look.session is None:
            raise guard.missing_credentials()
        return look.session.identity

    def refuse(self, guard: Guard, call: Call, error: Problem) -> HTTPException:
        """What FastAPI understands for a refusal."""
        answer: Any
        if isinstance(error, LoginFailed | SessionsUnavailable):
            answer = Page.of(self._signed_in.routes.problem(error), error.reason)
            code = None if error.status == 403 else "temporarily_unavailable"
            problem = {"detail": error.detail, "reason": str(error.reason), "error": code}
        else:
            answer = challenge(guard, call.connection.scope, error)
            problem = answer.summary
            if isinstance(error, AuthError) and self.pages and self._for_a_person(call):
                held = Exchange(call.connection.scope, _nothing, _nothing)
                to = self._signed_in.way_in(held, error)
                if to is not None:
                    require_routes(self._signed_in, call.connection.scope)
                    answer = Page.leading(to)
        headers = self._headers(call, answer)
        refusal = HTTPException(answer.status, problem, headers)
        if self._problem_details and answer.status != 303:
            refusal = ProblemRefusal(answer, problem, headers)
            refusal.to_be_answered(call.connection.scope)
        if isinstance(error, AuthError) or not (self.pages and self._for_a_person(call)):
            return refusal
        # Not `routes.page`, which would tell the listeners of this refusal once more.
        told = error_page(error, again=self._signed_in.routes.login_path)
        page = Page.of(told, error.reason)
        return ErrorPage(refusal, problem_response(page, self._headers(call, page)))

    @staticmethod
    def _headers(call: Call, answer: Any) -> Headers:
        headers = raw_headers(answer)
        if not header_values(call.connection.scope)("authorization"):
            headers = marked(headers)
        return Headers(raw=headers)

    def install(self, app: FastAPI) -> None:
        """Have pages answered as what they are."""
        app.add_exception_handler(ErrorPage, self._on_page)

    @staticmethod
    async def _on_page(request: Any, error: Any) -> Response:
        answer: Response = error.answer
        return answer

    @staticmethod
    def _for_a_person(call: Call) -> bool:
        http = call.connection.scope["type"] == "http"
        return http and is_navigation(header_values(call.connection.scope))

    def mark(self, call: Call, response: Response) -> None:
        """Say in the answer of a route that the cookie counted."""
        call.connection.scope[ANSWER] = response
        if not header_values(call.connection.scope)("authorization"):
            response.headers.add_vary_header("Cookie")
            if self.pages:
                response.headers.setdefault("Cache-Control", "no-store")
                caller = caller_of(call.connection.scope)
                if caller is not None and caller.marks is not None:
                    caller.marks.page = True  # also of a response that the route makes itself


async def _nothing(*_: object) -> Any:
    """Nobody is to read or to send here."""
