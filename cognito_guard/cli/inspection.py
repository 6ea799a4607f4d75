"""``cognito-guard inspect``: what a token says, unverified, and what to note about it."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from .by_settings import refusals_by_settings
from .diagnosis import Diagnosis, diagnose
from .notes import notes
from .output import paint, shown, shown_json, shown_time, write
from .status import Status
from .tokens import read_tokens

__all__ = ["inspect"]

_TITLE = "UNVERIFIED"
_WARNING = "nothing here was checked; anybody can make a token that says this."

# Claims that are seconds since 1970 (RFC 7519, section 4.1; OpenID Connect Core, section 2).
_TIMES = ("exp", "iat", "nbf", "auth_time")
_WIDEST_NAME = 24


def inspect(options: Namespace) -> int:
    """Print what each token says. Raises ``ConfigurationError``."""
    status = Status.ALL_VALID
    by_settings = refusals_by_settings(options)
    for label, token in read_tokens(options.tokens):
        diagnosis = diagnose(token)
        if diagnosis.problems:
            status = Status.SOME_REFUSED
        write(label + "\n".join(_lines(diagnosis, time.time(), by_settings(token))))
    return status


def _lines(diagnosis: Diagnosis, now: float, by_settings: list[str]) -> list[str]:
    lines = [f"{paint(_TITLE, 'careful')}: {_WARNING}"]
    if diagnosis.problems:
        lines.append(paint("not a well-formed token", "bad"))
        lines += [f"  {problem}" for problem in diagnosis.problems]
    if diagnosis.header is not None:
        lines += ["header", *_members(diagnosis.header, now)]
    if diagnosis.claims is not None:
        lines += ["claims", *_members(diagnosis.claims, now)]
    if diagnosis.signature_bytes is not None:
        lines.append(f"signature of {diagnosis.signature_bytes} bytes, not checked")
    if found := [*notes(diagnosis, now), *by_settings]:
        lines += ["notes", *(f"  {note}" for note in found)]
    return lines


def _members(members: Mapping[str, Any], now: float) -> list[str]:
    """A line for each member; times in words as well. A load balancer's header has one, too."""
    if not members:
        return ["  (empty)"]
    named = {shown(name): (name, value) for name, value in members.items()}
    width = min(_WIDEST_NAME, max(map(len, named)))
    lines = []
    for label, (name, value) in named.items():
        text = shown_json(value)
        if name in _TIMES and type(value) in (int, float):
            text = f"{text}  {shown_time(value, now)}".rstrip()
        lines.append(f"  {label:<{width}}  {text}")
    return lines
