"""The simulation of a fleet: its models do what the real parts do, and its page shows it."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from cognito_guard import Guard
from cognito_guard.keys import remote
from cognito_guard.keys.remote import REFRESH_SECONDS, RemoteKeySet
from cognito_guard.testing import LocalUserPool

from . import page, scale, scale_page
from .material import distinct_tokens
from .scale_models import (
    REFRESH_JITTER,
    Remembered,
    hit_rate,
    most_in_a_second,
    places,
    refreshes,
    rotation,
    spread,
    tokens,
)
from .test_counts import CountingKeys


@pytest.fixture(scope="module")
def shown() -> dict[str, object]:
    """The numbers beside the page."""
    found: dict[str, object] = json.loads(scale.DATA.read_text(encoding="utf-8"))
    return found


def _small() -> dict[str, object]:
    measured = json.loads(page.DATA.read_text(encoding="utf-8"))
    return scale.simulate(scale.SMALL, measured)


def _waits_for_the_second_sight(pool: LocalUserPool, token: str) -> bool:
    """Whether the real cache does: whether the second verification checks the signature again."""
    keys = CountingKeys(pool)
    guard = Guard(pool.trust(jwks=keys))
    guard.verify(token)
    guard.verify(token)
    return keys.checks == 2


@pytest.mark.parametrize("skewed", [False, True])
def test_the_model_of_the_cache_verifies_what_the_real_one_verifies(
    pool: LocalUserPool, skewed: bool
) -> None:
    """One by one, over hundreds of requests, with a cache that is far too small for them all."""
    texts = distinct_tokens(pool, 60)
    drawn = tokens(Random(1), 60, rate=1, seconds=600, life=1e9, skewed=skewed)
    keys = CountingKeys(pool)
    guard = Guard(pool.trust(jwks=keys), cache_entries=8)
    marks = places(8) if _waits_for_the_second_sight(pool, texts[0]) else 0
    model = Remembered(8, marks)
    expected, verified = [], []
    for user in drawn:
        text = texts[user // 1000 - 1]
        before = keys.checks
        guard.verify(text)
        verified.append(keys.checks > before)
        expected.append(not model.knows(text))
    assert verified == expected
    assert True in verified[300:]
    assert False in verified[300:]


def test_a_token_is_remembered_at_once_or_at_the_second_sight() -> None:
    """Both policies of the model; the oldest token leaves when it is full."""
    at_once, second = Remembered(2), Remembered(2, 64, spread)
    assert [at_once.knows(token) for token in (1, 1, 2, 3, 1)] == [False, True, False, False, False]
    assert [second.knows(token) for token in (1, 1, 1, 2, 3)] == [False, False, True, False, False]
    assert (len(at_once), len(second)) == (2, 1)


def test_hits_are_those_that_can_be_reckoned() -> None:
    """Users who are alike, and a cache for all of them: each verifies every token once."""
    drawn = tokens(Random(1), 50, rate=100, seconds=200, life=1e9, skewed=False)
    assert hit_rate(Remembered(100), drawn, 0) == pytest.approx(1 - 50 / 20_000)
    renewed = tokens(Random(1), 50, rate=100, seconds=200, life=50, skewed=False)
    assert len(set(renewed)) == pytest.approx(50 * 5, abs=5)
    skewed = tokens(Random(1), 1000, rate=100, seconds=200, life=1e9, skewed=True)
    first = sum(token // 1000 == 1 for token in skewed) / len(skewed)
    tenth = sum(token // 1000 == 10 for token in skewed) / len(skewed)
    assert first == pytest.approx(0.1, abs=0.02)  # log(2) / log(1000)
    assert tenth == pytest.approx(first / 7.3, abs=0.01)  # log(11 / 10), to log(2)


def test_keys_are_refreshed_when_the_real_ones_are(pool: LocalUserPool) -> None:
    """The next fetch is due within the range that is simulated."""
    with pool.serve() as server:
        due = []
        for _ in range(5):
            keys = RemoteKeySet(server.url, clock=lambda: 1000.0)
            keys.prefetch()
            pending = keys.ready()
            assert pending is None or pending.wait(60)
            due.append(keys.health().next_attempt)
    assert min(due) >= REFRESH_SECONDS * REFRESH_JITTER
    assert max(due) <= REFRESH_SECONDS
    assert remote._jitter(REFRESH_JITTER) >= REFRESH_JITTER


def test_fetches_are_spread_and_are_made_once_in_an_hour() -> None:
    """Each worker fetches once at the start, and from then on a little more than once an hour."""
    times = refreshes(Random(1), 100, 24)
    assert most_in_a_second(times) == 100
    assert len(times) == pytest.approx(100 * (1 + 24 / 0.95), rel=0.03)
    rotated = rotation(Random(1), 10_000, rate=500, life=3600)
    # The median of the time until the first of them: half have met one by then.
    assert rotated[5_000] == pytest.approx((2 * 3600 * 0.6931 / 500) ** 0.5, rel=0.05)


def test_two_runs_are_the_same() -> None:
    """A seed decides, and nothing else."""
    first = _small()
    assert first == _small()
    assert {name for name, block in scale_page.blocks(first).items() if not block} == set()


def test_the_command_prints_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    """One command, and nothing on the page that it does not print."""
    found = scale.main([], scale.SMALL)
    printed = capsys.readouterr().out
    for name, block in scale_page.blocks(found).items():
        assert f"{name}\n\n{block}\n" in printed


def test_the_page_shows_the_numbers_beside_it(shown: dict[str, object]) -> None:
    """No number of the simulation was written by hand, and every table has its place."""
    text = scale_page.PAGE.read_text(encoding="utf-8")
    assert scale_page.filled(text, shown) == text
    places_of_tables = re.findall(r"<!-- table: (\w+) -->", text)
    assert sorted(places_of_tables) == sorted(scale_page.blocks(shown))


def test_the_numbers_beside_the_page_are_of_this_code_and_these_measurements(
    shown: dict[str, object],
) -> None:
    """All but the caches, which take long, are computed anew. After another run of the benchmark,
    ``python -m tests.benchmarks.scale --write-docs`` brings the page up to date."""
    fleet = scale.Fleet()
    measured = json.loads(page.DATA.read_text(encoding="utf-8"))
    anew = {
        "fleet": fleet._asdict(),
        "sources": scale.sources(measured),
        "keys": scale._keys(fleet),
        "revocations": scale._revocations(fleet),
        "sessions": scale._sessions(fleet),
    }
    assert {name: shown[name] for name in anew} == json.loads(json.dumps(anew))


def test_numbers_in_the_text_of_the_page_are_those_of_the_code(shown: dict[str, object]) -> None:
    """Outside of what the simulation writes, the page names few numbers."""
    text = scale_page.PAGE.read_text(encoding="utf-8")
    fleet = scale.Fleet()
    minutes = (fleet.warm_up + fleet.seconds, fleet.warm_up, fleet.seconds)
    assert minutes == (20 * 60, 15 * 60, 5 * 60)
    assert "20 minutes of requests" in text
    assert "for\n  15 minutes, and the last 5 count" in text
    assert f"stay in use for {scale._keys(fleet)['outage_hours']:.0f} hours or more" in text
    assert pytest.approx(6 * 60) == REFRESH_SECONDS * (1 - REFRESH_JITTER)
    assert remote.UNKNOWN_KEY_SECONDS == 30
    assert f"get -d {scale.SESSION_BYTES}" in text


def test_what_other_pages_state_is_what_they_state() -> None:
    """The sizes that were measured elsewhere."""
    revocation = (page.DOCS / "revocation.md").read_text(encoding="utf-8")
    stated = re.search(r"100,000 entries in a process \| ([\d.]+) MB", revocation)
    assert stated is not None
    assert float(stated[1]) * 1e6 / 100_000 == scale.ENTRY_BYTES
    login = (page.DOCS / "login.md").read_text(encoding="utf-8")
    assert f"{scale.SESSION_BYTES // 1000} KB" in login
    assert f"max_connections={scale.POOL_SIZE}" in login
