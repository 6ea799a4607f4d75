"""The words themselves: what the suite watches for everywhere, it sees."""

from __future__ import annotations

import pytest

from cognito_guard import ConfigurationError, InvalidToken, UserPool, require_groups

from .forge import Forge
from .wording import is_hint, is_sentence, watched


@pytest.mark.parametrize(
    "detail",
    [
        None,
        "",
        "the token has expired.",
        "The token has expired",
        "THE TOKEN HAS EXPIRED.",
        "XXThe token has expired.XX",
        'The claim "EXP" must be present.',
        'The claim "exp" must be None.',
        'The claim "exp" must be PRESENT, AND A TEXT.',
        "The\ntoken has expired.",
    ],
)
def test_what_is_no_sentence(detail: object) -> None:
    """Details that are missing, cut, shouted or broken."""
    assert not is_sentence(detail)


@pytest.mark.parametrize(
    "message",
    [None, "None needs a name", "Match must be all", "MATCH MUST BE ALL", "leeway is bad."],
)
def test_what_is_no_hint(message: object) -> None:
    """Messages about settings that are missing, shouted or sentences."""
    assert not is_hint(message)


def test_the_engine_is_watched(forge: Forge) -> None:
    """What the engine raises is looked at; what others raise is not."""
    engine = {"__name__": "cognito_guard.policy", "refuse": InvalidToken}
    with watched() as bad:
        with pytest.raises(InvalidToken):
            forge.guard().verify("x")
        with pytest.raises(ConfigurationError):
            UserPool("x", client_ids=["a"])
        with pytest.raises(ConfigurationError):
            require_groups()
        InvalidToken("check_failed", "no")
        ConfigurationError("NO")
        assert bad == []
        exec("refuse('check_failed', 'no')", engine)  # noqa: S102  # as the engine's own code
    assert bad == ["check_failed: no"]
