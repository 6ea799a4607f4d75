"""cache.py: in any order of events, a guard that remembers says what one says that does not."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cognito_guard import AuthError, Guard, Identity, InvalidToken, KeysUnavailable
from cognito_guard.tokens.cache import VerifiedTokens, _weight

from ..engine.forge import NOW, Forge
from ..engine.strategies import repeatable
from .test_cache import Clock, Keys

FORGE, STRANGER = Forge(), Forge()
TOKENS = [
    *(FORGE.token(FORGE.claims(jti=f"token-{number}", exp=NOW + 60)) for number in range(4)),
    FORGE.token(FORGE.claims(jti="short", exp=NOW + 5)),
    FORGE.token(FORGE.claims(jti="later", exp=NOW + 60, nbf=NOW + 3)),
    FORGE.token(FORGE.claims(jti="large", exp=NOW + 60, padding="x" * 2000)),
    FORGE.token(FORGE.claims(jti="larger", exp=NOW + 60, padding="x" * 9000)),
    STRANGER.token(),
    FORGE.token(FORGE.claims(exp=NOW - 60)),
    FORGE.token()[:-8] + "AAAAAAAA",
    "A.B.C",
]
ENTRIES, BYTES = 3, 12_000


class Remembering(RuleBasedStateMachine):
    """One guard with a small cache and one without, with the same keys, clock and checks."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.clock.now = float(NOW)
        self.out: set[str | None] = set()
        self.keys = [Keys(FORGE), Keys(FORGE)]
        limits: list[dict[str, Any]] = [
            {"cache_entries": ENTRIES, "cache_bytes": BYTES},
            {"cache_entries": 0},
        ]
        self.warm, self.cold = (
            Guard(
                FORGE.trust(jwks=keys, checks=[lambda one: one.jti not in self.out]),
                clock=self.clock,
                **each,
            )
            for keys, each in zip(self.keys, limits, strict=True)
        )
        cache = self.warm._tokens._cache
        assert cache is not None
        self.cache: VerifiedTokens = cache
        self.checked: dict[str, int] = {}
        """How often the signature of each token was checked."""

    @rule(
        token=st.sampled_from([*TOKENS[:2], *TOKENS[4:6]]) | st.sampled_from(TOKENS),
        ways=st.lists(st.sampled_from(["thread", "task", "header"]), min_size=1, max_size=4),
    )
    def ask(self, token: str, ways: list[str]) -> None:
        """Both are asked, a few times."""
        for way in ways:
            self.ask_once(token, way)

    def ask_once(self, token: str, way: str) -> None:
        """A signature is left unchecked for a remembered token alone."""
        remembered = token in self.cache._entries
        checked = self.keys[0].verified

        found, expected = self.said(self.warm, token, way), self.said(self.cold, token, way)

        assert found == expected
        checked = self.keys[0].verified - checked
        self.checked[token] = self.checked.get(token, 0) + checked
        if isinstance(expected, Identity):
            assert checked or remembered

    @staticmethod
    def said(guard: Guard, token: str, way: str) -> object:
        """The caller, or the kind of error and its reason."""
        try:
            if way == "thread":
                return guard.verify(token)
            if way == "task":
                return asyncio.run(guard.averify(token))
            return guard.authenticate(lambda _: [f"Bearer {token}".encode()])
        except (AuthError, KeysUnavailable) as error:
            return type(error), error.reason, error.detail

    @rule(seconds=st.sampled_from([-1, 0, 2, 3, 4, 4, 6, 61]))
    def set_clock(self, seconds: int) -> None:
        """Forward or back, around the times in the tokens."""
        self.clock.now = float(NOW + seconds)

    @rule(jti=st.sampled_from(["token-0", "token-1", "short"]))
    def sign_out(self, jti: str) -> None:
        """The app's own list refuses a token, or accepts it again."""
        self.out ^= {jti}

    @rule(event=st.sampled_from(["withdrawn", "unavailable", "another", "back", "back"]))
    def keys_change(self, event: str) -> None:
        """The key is withdrawn, nobody knows, another one has its kid, or it is there again."""
        for keys in self.keys:
            keys.publish(STRANGER if event == "another" else FORGE)
            keys.answer = {
                "withdrawn": InvalidToken("unknown_key", "Withdrawn."),
                "unavailable": KeysUnavailable(7),
                # A key set that has another key has another object.
                "another": Other(keys),
            }.get(event, keys)

    @rule()
    def fork(self) -> None:
        """A child has what its parent had."""
        self.cache._forget_parent()

    @invariant()
    def bounds_and_accounts_hold(self) -> None:
        """And the signature of what is remembered was checked twice at least."""
        entries = self.cache._entries
        assert len(entries) <= ENTRIES
        assert self.cache._bytes == sum(map(_weight, entries.values())) <= BYTES
        assert all(self.checked.get(token, 0) >= 2 for token in entries)


class Other:
    """Another key, under the kid of the first one."""

    algorithm = "RS256"

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        return self._keys.verify(signing_input, signature)


def test_any_order_of_events() -> None:
    """Verdicts, bounds and accounts, whatever happens in between."""
    steps: Any = repeatable
    run_state_machine_as_test(
        Remembering,
        settings=type(steps)(
            steps, stateful_step_count=50, max_examples=100, phases=[Phase.generate]
        ),
    )  # type: ignore[no-untyped-call]
