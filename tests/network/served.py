"""The app that ``test_servers.py`` puts on real servers: three pools, and what each request gets.

``KEYS`` names the servers of keys, ``PREFETCH`` how many seconds of them a start-up waits for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from cognito_guard import AuthError, Guard, KeysUnavailable, UserPool

from ..patience import be_patient

be_patient()
guard = Guard(
    *(
        UserPool(f"eu-west-1_Pool{number}", client_ids=["1example23456789"], jwks=url)
        for number, url in enumerate(os.environ["KEYS"].split())
    )
)
if os.environ.get("PREFETCH"):
    guard.prefetch()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Who is calling; or the status of the refusal, and why."""
    token = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    try:
        answer = ("200 OK", guard.verify(token).subject)
    except (AuthError, KeysUnavailable) as error:
        health = [one.last_error for one in guard.health().values()]
        answer = (f"{guard.challenge(error).status} Refused", f"{error.reason} {health}")
    start_response(answer[0], [("Content-Type", "text/plain")])
    return [answer[1].encode("ascii")]
