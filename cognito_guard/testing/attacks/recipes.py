"""Recipes for hostile tokens: functions from a forge to a token's text.

Every token carries a trusted key's signature over what it says wherever that is possible, so that
only the check it is about stands between it and an identity.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .forge import Forge, b64, to_json

Recipe: TypeAlias = Callable[[Forge], str]


def signing_input(forge: Forge, **header: Any) -> str:
    """The signing input of good claims under a changed header."""
    return f"{b64(to_json(forge.header(**header)))}.{b64(to_json(forge.claims()))}"


def header(**changes: Any) -> Recipe:
    """A changed header."""
    return lambda forge: forge.token(header=forge.header(**changes))


def raw_header(raw: bytes) -> Recipe:
    """A header of these bytes, in which ``KID`` stands for the key's id."""
    return lambda forge: forge.token(header=raw.replace(b"KID", forge.kid.encode()))


def unsigned(**changes: Any) -> Recipe:
    """No signature."""
    return lambda forge: signing_input(forge, **changes) + "."


def signature(raw: bytes, **changes: Any) -> Recipe:
    """These bytes for a signature."""
    return lambda forge: f"{signing_input(forge, **changes)}.{b64(raw)}"


def edited(change: Callable[[str], str]) -> Recipe:
    """A good token, changed after it was signed."""
    return lambda forge: change(forge.token())


def resigned(change: Callable[[str, str], str]) -> Recipe:
    """The segments of header and payload, changed and then signed."""
    return lambda forge: forge.sign(change(*forge.token().split(".")[:2]))


def parts(*picked: int | str) -> Recipe:
    """A good token's parts in another number or order; a text stands for itself."""

    def change(token: str) -> str:
        all_parts = token.split(".")
        return ".".join(all_parts[one] if isinstance(one, int) else one for one in picked)

    return edited(change)


def json_form(build: Callable[[str, str, str], object]) -> Recipe:
    """A good token's three parts in a JSON serialisation."""
    return edited(lambda token: json.dumps(build(*token.split("."))))


def payload(change: Callable[[bytes], bytes]) -> Recipe:
    """The JSON of good claims, changed as bytes."""
    return lambda forge: forge.token(change(to_json(forge.claims())))


def member(raw: bytes) -> Recipe:
    """The JSON of good claims with one more member."""
    return payload(lambda text: text[:-1] + b"," + raw + b"}")


def claims(changes: Mapping[str, Any] = {}, /, **more: Any) -> Recipe:
    """Changed claims of a token of the kind that the app accepts."""
    return lambda forge: forge.token(forge.claims(changes, **more))


def claim(name: str, change: Callable[[Forge], Any]) -> Recipe:
    """One claim changed to what is worked out from the forge."""
    return lambda forge: forge.token(forge.claims({name: change(forge)}))


def access_claims(changes: Mapping[str, Any] = {}, /, **more: Any) -> Recipe:
    """Changed claims of an access token."""
    return lambda forge: forge.token(forge.access_claims(changes, **more))


def id_claims(changes: Mapping[str, Any] = {}, /, **more: Any) -> Recipe:
    """Changed claims of an ID token."""
    return lambda forge: forge.token(forge.id_claims(changes, **more))
