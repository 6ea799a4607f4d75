"""Our own engine signs in at the local pool, by the settings that the pool names."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard.testing import LocalClient, LocalUserPool

from .app import CALLBACK, LOGOUT, App, Clock


@pytest.mark.parametrize("secret", [None, "with+a_secret"], ids=["public", "confidential"])
def test_sign_in_and_out(pool: LocalUserPool, secret: str | None) -> None:
    """The page, the code, the session; and after the sign-out neither of the two is left."""
    client = LocalClient(
        "web", secret, callback_urls=[CALLBACK], logout_urls=[LOGOUT], rotation_grace=0
    )
    with pool.listen(client) as server, App(server, Clock()) as browser:
        environ = server.environment()
        guard = Guard.from_env(environ)
        sessions = LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore())
        started = sessions.start(binding=None, next_page="/orders")
        page = browser.get(server.domain + browser.get(started.url).headers["Location"])
        back = urlsplit(browser.choose(page, "alice").headers["Location"])
        done = sessions.finish(back.query, binding=started.binding)
        assert (done.identity.username, done.next_page) == ("alice", "/orders")
        assert sessions.current(done.session_id) is not None

        ended = sessions.end(done.session_id)
        assert sessions.current(done.session_id) is None
        assert browser.get(ended.url).headers["Location"] == LOGOUT
        assert browser.get(started.url).headers["Location"].startswith("/login?")
        assert server.requests["token"] == server.requests["revoke"] == 1
