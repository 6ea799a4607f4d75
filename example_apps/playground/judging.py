"""What a guard says of a request, and what can be read of the tokens in it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from cognito_guard import Guard, LoadBalancerHeaders, PolicyLike

__all__ = ["explain", "tokens_in"]

_PARTS = ("header", "payload", "signature")
_DATA, _ACCESS = LoadBalancerHeaders.data, LoadBalancerHeaders.access_token


def explain(guard: Guard, headers: Mapping[str, str], policy: PolicyLike | None) -> dict[str, Any]:
    """The verdict of the guard, and every check.

    Where the header is wrong, the checks go on with the token in it: the quotation marks, and that
    it has expired.
    """
    explanation = guard.explain_request(headers, policy=policy)
    first, *others = explanation.checks
    token = _split(headers.get("Authorization", ""))[1]
    if first.name == "credential" and first.verdict == "failed" and token:
        others = list(guard.explain(token, policy=policy).checks)
    failure = explanation.first_failure
    return {
        "valid": explanation.valid,
        "reason": explanation.reason,
        "check": failure and failure.name,
        "hint": failure and failure.hint,
        "checks": [check.as_dict() for check in (first, *others)],
    }


def tokens_in(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """The tokens that a request carries, each taken apart. Nothing is verified here."""
    found = []
    for name in ("Authorization", _DATA, _ACCESS):
        if value := headers.get(name):
            before, token, after = _split(value) if name == "Authorization" else ("", value, "")
            found.append(
                {
                    "name": name,
                    "before": before,
                    "after": after,
                    "parts": _taken_apart(token),
                }
            )
    return found


def _split(value: str) -> tuple[str, str, str]:
    """A header's value: what is before the token, the token, and what is after it."""
    token = value.rpartition(" ")[2].strip("\"'")
    before, _, after = value.rpartition(token) if token else (value, "", "")
    return before, token, after


def _taken_apart(token: str) -> list[dict[str, str | None]]:
    parts = token.split(".")
    if len(parts) != len(_PARTS):
        return [{"name": "text", "text": token, "json": None}]
    return [
        {"name": name, "text": text, "json": None if name == "signature" else _json(text)}
        for name, text in zip(_PARTS, parts, strict=True)
    ]


def _json(part: str) -> str | None:
    """The JSON in a part of a token, as people read it; ``None`` where there is none."""
    try:
        data = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        text = json.dumps(json.loads(data), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    # What has no shape, or changes the direction of the text, is written out.
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)
