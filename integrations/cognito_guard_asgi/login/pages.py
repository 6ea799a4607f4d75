"""What the three routes of sign-in answer. Needs no framework."""

from __future__ import annotations

from typing import final

from cognito_guard import AuthError, KeysUnavailable
from cognito_guard.login import LoginFailed, LoginLink, SessionsUnavailable

from ..caller import full_path
from ..held import Exchange
from ..refusal import Page, header_values
from ..signed_in import SignedIn, data_of

__all__ = ["LoginPages"]


@final
class LoginPages:
    """Begins sign-ins, finishes them, and signs out."""

    def __init__(self, signed_in: SignedIn) -> None:
        self._signed_in = signed_in
        self._sessions = signed_in.sessions
        self._routes = signed_in.routes

    async def login(self, held: Exchange) -> Page:
        """Lead to the pool's sign-in page; who is signed in is led to their own page at once."""
        self._routes.require_place(full_path(held.scope))
        link = LoginLink(held.scope["query_string"])
        try:
            if not link.asks_again and await self._is_signed_in(held):
                return Page.leading(link.next_page)
        except (SessionsUnavailable, KeysUnavailable) as error:
            return self._failed(error)
        try:
            started = link.start(self._sessions, header_values(held.scope))
        except LoginFailed as error:  # no sign-in would do
            return self._failed(error)
        return Page.leading(started.url, *started.set_cookies)

    async def callback(self, held: Exchange) -> Page:
        """A browser has come back from the pool."""
        self._routes.require_place(full_path(held.scope))
        if held.scope["method"] != "GET":
            return Page(405, [("Allow", "GET"), ("Cache-Control", "no-store")])
        headers = header_values(held.scope)
        try:
            signed_in = await self._sessions.afinish(
                held.scope["query_string"],
                binding=self._sessions.find_binding(headers),
                session_id=self._sessions.session_to_end(headers),
            )
        except (LoginFailed, SessionsUnavailable) as error:
            problem = error
        else:
            self._signed_in.hand_over(held.scope, signed_in.identity)
            return Page.leading(signed_in.next_page, *signed_in.set_cookies)
        return await self._after(held, problem)

    async def logout(self, held: Exchange) -> Page:
        """Sign out, here and at the pool."""
        headers = header_values(held.scope)
        try:
            self._sessions.check_same_site(held.scope["method"], headers)
            ended = await self._sessions.aend(self._sessions.session_to_end(headers))
        except (LoginFailed, SessionsUnavailable) as error:
            return Page.of(self._routes.answer(error, headers), error.reason)
        data_of(held.scope).clear()
        return Page.leading(ended.url, *ended.set_cookies)

    async def _after(self, held: Exchange, problem: LoginFailed | SessionsUnavailable) -> Page:
        """The page of a failure; a browser that has gone back is led to where it was going."""
        if isinstance(problem, LoginFailed) and problem.next_page is not None:
            try:
                if await self._is_signed_in(held):
                    return Page.leading(problem.next_page)
            except (SessionsUnavailable, KeysUnavailable) as error:
                return self._failed(error)
        return self._failed(problem)

    async def _is_signed_in(self, held: Exchange) -> bool:
        headers = header_values(held.scope)
        try:
            found = await self._sessions.acurrent(self._sessions.find_session(headers))
        except AuthError:  # whose token is good no more
            return False
        return found is not None

    def _failed(self, error: LoginFailed | SessionsUnavailable | KeysUnavailable) -> Page:
        return Page.of(self._routes.page(error), error.reason)
