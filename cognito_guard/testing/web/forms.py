"""Reads bodies, forms and queries: bounded, and each name once."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl

from .http1 import Exchange, Refused

__all__ = ["body_of", "fields_of", "raw_value"]

# More than any form here has, with a code, a verifier and a few tokens.
_MAX_BODY = 32 * 1024
_MAX_FIELDS = 50


def body_of(exchange: Exchange) -> bytes:
    """The body of a request. Raises :class:`Refused` if it is too large."""
    body = bytearray()
    for piece in exchange.body():
        body += piece
        if len(body) > _MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is more than a form has.")
    return bytes(body)


def fields_of(text: str, most: int = _MAX_FIELDS) -> dict[str, str]:
    """The fields of a form or a query.

    Raises ``ValueError`` if there are more than ``most``, if a name is there twice (RFC 6749,
    section 3.1), or if something is no UTF-8.
    """
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=most)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return fields


def raw_value(query: str, name: str) -> str | None:
    """The value of a field as it was sent, nothing decoded; None if it is not there."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return value
    return None
