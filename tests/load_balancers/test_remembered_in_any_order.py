"""verifier.py: in any order of requests, who remembers data says what one says that does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cognito_guard import AuthError, Guard, LoadBalancer

from ..engine.forge import NOW
from ..engine.strategies import repeatable
from ..tokens.test_cache import Clock
from .test_remembered import ALB, DATA, IDENTITY, TOKEN, ask

OTHER_TOKENS = [
    ALB.pool.access_token("ada", groups=["admins"]),
    ALB.pool.access_token("ada", groups=["readers"]),
    ALB.pool.access_token("bob"),
    ALB.pool.access_token("ada", expires_in=-1),
    "A.B.C",
]
requests = st.fixed_dictionaries(
    {DATA: st.sampled_from([ALB.data("ada"), ALB.data("ada"), ALB.data("bob"), "A.B.C"])},
    optional={
        IDENTITY: st.sampled_from([ALB.pool.subject("ada"), ALB.pool.subject("bob"), "x"]),
        TOKEN: st.sampled_from(OTHER_TOKENS),
    },
)


@repeatable
@given(st.lists(requests | st.integers(-100, 200), min_size=3, max_size=12), st.booleans())
def test_the_verdict_is_that_of_a_guard_without_a_cache(
    events: list[dict[str, str] | int], with_pool: bool
) -> None:
    """In any order of requests, and whatever the time is, who remembers says what somebody says who
    verifies everything each time."""
    clock = Clock()
    beside = {"user_pool": ALB.pool.trust()} if with_pool else {}
    trusted = LoadBalancer([ALB.arn], client_id=ALB.client_id, keys=ALB.keys(), **beside)
    warm = Guard(trusted, clock=clock, cache_entries=2)
    cold = Guard(trusted, clock=clock, cache_entries=0)

    def said(guard: Guard, headers: dict[str, str]) -> object:
        try:
            return ask(guard, headers)
        except AuthError as error:
            return type(error), error.reason, error.detail

    for event in events:
        if isinstance(event, int):
            clock.now = NOW + event
        else:
            for _ in range(3):
                assert said(warm, event) == said(cold, event)
