"""Attempt: an attack made ready against one app, and the look at what came of it."""

from __future__ import annotations

import json
from typing import Any, final

from ...errors import Reason
from .attack import Attack, Headers, status_of
from .forge import Forge

__all__ = ["Attempt"]

# What servers say themselves to what they do not want to read: bad request, too long, too large.
_OF_THE_SERVER = frozenset({400, 413, 414, 431})
# The least that servers take is 8 KiB a header, its name and line end included.
_EVERY_SERVER_TAKES = 8000
# Shorter pieces of a credential turn up in answers by accident.
_TELLING = 16


@final
class Attempt:
    """An attack against one app.

    ``name`` and ``tries`` are those of the attack. ``headers`` are the headers of the request, as
    text decoded as ISO 8859-1; :attr:`raw_headers` and :attr:`joined_headers` are the same in other
    forms. ``reasons`` and ``statuses`` are the correct answers.
    """

    def __init__(self, attack: Attack, forge: Forge, headers: Headers) -> None:
        self.name = attack.name
        self.tries = attack.tries
        self.headers = headers
        self.reasons = attack.verdicts(headers)
        if Reason.UNKNOWN_KEY in self.reasons:
            # An app whose keys are remote looks for one made-up id in 30 seconds. Of the others it
            # cannot say that there is no such key.
            self.reasons |= {Reason.KEYS_UNAVAILABLE}
        self.needs_key = attack.needs_key
        """Whether the verdict takes a key, so that an app may fetch its keys for it."""
        values = [value for _, value in headers]
        self.may_be_cut_off = any(
            len(value) > _EVERY_SERVER_TAKES
            or not value.replace("\t", " ").isprintable()
            or not value.isascii()
            for value in values
        )
        """Whether a server may refuse the request by itself, or hang up on it."""
        own = frozenset(map(status_of, self.reasons))
        self.statuses = own | _OF_THE_SERVER if self.may_be_cut_off else own
        self._secrets = [
            piece
            for value in values
            if not self.may_be_cut_off
            for piece in value.replace("=", " ").replace(".", " ").split()
            if len(piece) >= _TELLING
        ]

    def __repr__(self) -> str:
        return f"<Attempt {self.name}>"

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as bytes, as ASGI and HTTPX have them."""
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in self.headers]

    @property
    def joined_headers(self) -> dict[str, str]:
        """The headers with repeated ones joined by a comma, as WSGI servers do (RFC 9110, 5.3)."""
        joined: dict[str, str] = {}
        spelt: dict[str, str] = {}
        for name, value in self.headers:
            name = spelt.setdefault(name.lower(), name)
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return joined

    def check(self, answer: Any) -> None:
        """Compare the response with the correct verdict.

        ``answer`` is a client's response, a tuple that begins with status and body, a status, or
        ``None`` if the server closed the connection. The status must be correct, and the ``reason``
        in the body, if there is one. No part of the credential may be in the response.

        Raises ``AssertionError``, without a part of the credential in it.
        """
        if fault := self.fault(answer):
            raise AssertionError(f"{self.name}: {fault}. {self.tries}")

    def fault(self, answer: Any) -> str | None:
        """What is wrong with a response, in a few words; ``None`` if it is correct."""
        if answer is None:
            return None if self.may_be_cut_off else "the server hung up"
        status, body = status_and_body(answer)
        wanted = " or ".join(sorted(self.reasons))
        if status not in self.statuses:
            return f"answered {status}, which is not how to refuse for {wanted}"
        reason = _reason(body)
        if reason is not None and reason not in self.reasons:
            known = reason if reason in {*Reason} else "a reason that is not documented"
            return f"refused for {known} instead of {wanted}"
        if any(secret in body for secret in self._secrets):
            return "the answer repeats a part of the credential"
        return None


def status_and_body(answer: Any) -> tuple[int, str]:
    """Status and body of a response, however the client calls them."""
    # HTTPX, requests, Starlette, Flask and Django say status_code; others say status.
    status = getattr(answer, "status_code", getattr(answer, "status", None))
    if status is None:
        status, body, *_ = answer if isinstance(answer, tuple) else (answer, "")
        return int(status), _text(body)
    for name in ("content", "data", "body"):
        if isinstance(found := getattr(answer, name, None), bytes | str):
            return int(status), _text(found)
    return int(status), ""


def _text(body: Any) -> str:
    return body.decode("latin-1") if isinstance(body, bytes) else str(body)


def _reason(body: str) -> str | None:
    """The ``reason`` of a refusal; FastAPI has it one level down."""
    try:
        problem = json.loads(body)
    except ValueError:
        return None
    for _ in range(2):
        if not isinstance(problem, dict):
            return None
        if isinstance(reason := problem.get("reason"), str):
            return reason
        problem = problem.get("detail")
    return None
