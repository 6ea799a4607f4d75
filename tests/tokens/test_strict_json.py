"""parsing.py: the quick way through a token's JSON finds what the careful way finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cognito_guard import InvalidToken
from cognito_guard.tokens import parsing as token

from ..engine.forge import Forge, b64, to_json
from ..engine.strategies import repeatable

NAMES = st.sampled_from(["a", "b", "cognito:groups", ",", "{", "[", ":", "\u00e9", "\\u0061", ""])
TEXTS = st.sampled_from(
    ["", "x", ",", ",,", "a,b", "{", "}", "[", "]", "],[", "\\u002c", "\\ud800", "\\\\", '\\",\\"']
).map(lambda text: f'"{text}"')
NUMBERS = st.sampled_from(["0", "-0", "1", "1.0", "1e400", "NaN", "-Infinity", "9" * 40, "01"])
SCALARS = TEXTS | NUMBERS | st.sampled_from(["true", "null", "", "nul"])
SPACES = st.sampled_from([""] * 12 + [" ", "\n", "\t", "\u00a0"])


@st.composite
def arrays(draw: st.DrawFn, members: st.SearchStrategy[str]) -> str:
    """The text of an array, or of nearly one."""
    return f"[{draw(SPACES)}{','.join(draw(st.lists(members, max_size=3)))}{draw(SPACES)}]"


@st.composite
def objects(draw: st.DrawFn, members: st.SearchStrategy[str]) -> str:
    """The text of an object, often with a name that is twice, or of nearly one."""
    listed = [
        f'{draw(SPACES)}"{name}"{draw(SPACES)}:{draw(SPACES)}{member}'
        for name, member in draw(st.lists(st.tuples(NAMES, members), max_size=5))
    ]
    return f"{{{','.join(listed)}{draw(SPACES)}}}"


FLAT = objects(SCALARS | arrays(SCALARS))
DEEP = st.recursive(SCALARS, lambda inner: arrays(inner) | objects(inner), max_leaves=8)
DOCUMENTS = st.tuples(SPACES, FLAT | objects(DEEP) | DEEP, SPACES).map("".join)


def outcome(function: Any, argument: Any) -> str:
    """What comes out, to the type of each value; or that it was refused."""
    try:
        return repr(function(argument))
    except (ValueError, StopIteration, RecursionError, InvalidToken):
        return "refused"


def quickly(text: str) -> dict[str, Any]:
    """As a token's payload is read."""
    return token.json_object(b64(text.encode()).encode(), "payload")


@settings(repeatable, max_examples=1000)
@given(DOCUMENTS)
@example('{"a":"\\ud800"}')
@example('{"a":1}x')
@example('{"a":1,"cognito:groups":["x","y"],"a":2}')
def test_both_ways_agree(text: str) -> None:
    """Whatever the text, the quick way says what the careful way says."""
    assert outcome(quickly, text) == outcome(token._careful_json_object, text)


# In each of these a count that is not careful enough comes out even.
TWICE = [
    '{"a":1,"a":2}',
    '{"a":1,"b":"x","a":2}',
    '{"a":1,"a":2,"b":":x"}',
    '{"a" :1,"a" :2,"b":":x"}',
    '{"a":"1,2","a":2}',
    '{"a":2,"a":"1,2"}',
    '{"cognito:groups":["x","y"],"cognito:groups":1}',
    '{"cognito:groups":1,"cognito:groups":["x","y"]}',
    '{"cognito:groups":["x","y"],"cognito:groups":[]}',
    '{"cognito:groups":[],"a":1,"a":2}',
    '{"cognito:groups":["x","y"],"a":1,"a":2}',
    '{"cognito:groups":["x,y","z"],"a":1,"a":2}',
    '{"cognito:groups":{"a":1,"a":2}}',
    '{"b":{"a":1,"a":2}}',
    '{"b":[{"a":1,"a":2}]}',
    '{"a":{"a":1},"a":2}',
    '{"a":2,"a":{"a":1}}',
    '{"a":1,"\\u0061":2}',
]


@pytest.mark.parametrize("text", TWICE)
def test_a_name_that_is_twice(text: str) -> None:
    """A name that is twice is seen, however many commas and lists there are around it."""
    with pytest.raises(InvalidToken):
        quickly(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"x":', "}")])
def test_depth(opening: str, closing: str) -> None:
    """The scanner, which recurses, never sees a text with more than 256 levels."""
    for levels in (255, 256):
        text = f'{{"x":{opening * levels}1{closing * levels}}}'
        assert outcome(quickly, text) == (repr(json.loads(text)) if levels < 256 else "refused")


def test_ordinary_tokens_take_the_quick_way(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Cognito issues day by day never takes the careful way, or all this were for nothing."""
    monkeypatch.setattr(token, "_careful_json_object", lambda text: {"careful": text})
    for claims in (
        forge.claims(),
        forge.id_claims(),
        forge.claims({"cognito:groups": ["admins"]}),
        forge.claims({"cognito:groups": ["admins", "editors", "users"]}),
    ):
        assert quickly(json.dumps(claims, separators=(",", ":"))) == claims
        assert quickly(to_json(claims).decode()) == claims
