"""Broken requests: what no client would send is refused, by the server or by us.

What a client could send is in the attack corpus: test_attacks.py.
"""

from __future__ import annotations

import pytest

from cognito_guard.testing import LocalUserPool

from ..raw import Answer, ask, bearer
from .adapters import Adapter
from .conftest import Origin

REQUESTS: list[tuple[str, list[bytes]]] = [
    ("ten thousand headers", [b"Authorization: Bearer a"] * 10_000),
    ("NUL", [b"Authorization: Bearer a\x00b"]),
    ("a bare CR", [b"Authorization: Bearer a\rX-Evil: 1"]),
    ("a folded header", [b"Authorization: Bearer", b" folded"]),
    ("a space before the colon", [b"Authorization : Bearer a"]),
    ("a scheme that is no text", [b"Authorization: \xff\xfe\x80 token"]),
]


@pytest.mark.parametrize("lines", [row[1] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
@pytest.mark.parametrize("server", ["plain", "cookie"])
def test_request(
    adapter: Adapter, server: str, lines: list[bytes], origin: Origin, pool: LocalUserPool
) -> None:
    """What no client would send is refused, by the server or by us, and the next one is served."""
    where = origin(adapter, server)
    answer: Answer | None
    try:
        answer = ask(where, "/me", lines)
    except ConnectionError:  # a server may hang up on what it will not read
        answer = None
    assert answer is None or 400 <= answer.status < 500
    assert ask(where, "/me", [bearer(pool.access_token())]).status == 200
