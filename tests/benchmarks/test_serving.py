"""The parts of the benchmark that load servers: what they load is what their tables say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cognito_guard.testing import LocalUserPool

from ..needs import need
from . import environments, floods, peer_serving, serving
from .bench import set_up
from .goals import judge
from .material import Fresh, good_token
from .results import Section, row


def _section(ratios: dict[str, float], unit: str = "/s") -> Section:
    section: Section = {"title": "", "unit": unit, "base": "the same", "rows": []}
    for name, ratio in ratios.items():
        numbers = {"median": ratio, "low": ratio, "high": ratio}
        section["rows"].append({"name": name, "value": numbers, "ratio": numbers})
    return section


def test_every_app_has_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each app is measured with a guard and without. With tokens not seen before, the middleware is
    measured beside an app that verifies by itself: both get the same tokens, and none of them
    twice. No load generator is needed."""
    files: list[list[str]] = []

    def load(wrk: str, origin: str, headers: Path) -> float:
        lines = headers.read_text(encoding="ascii").splitlines()
        assert serving.status(origin, lines[-1]) == 200
        files.append(lines)
        return 20.0

    monkeypatch.setattr(serving, "load", load)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    with set_up(short=True) as bench:
        sections = serving.measure(bench)
    forms = [f"{name}, {form}" for name in serving.APPS for form in ("unguarded", "guarded")]
    assert [each["name"] for each in sections["http"]["rows"]] == forms
    assert [each["name"] for each in sections[serving.NEW]["rows"]] == [*serving.NEW_APPS]
    warm_up, again, new, same = files[-4:]
    assert (warm_up, new) == (again, same)
    assert (len(warm_up), len(new)) == (serving.TOKENS, 127)
    assert len({*warm_up, *new}) == serving.TOKENS + 127
    judged = [goal["what"] for goal in judge(sections) if goal["met"] is not None]
    assert len(judged) == len(serving.APPS) + 1


def test_tokens_that_come_again_are_not_told_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is faster than expected gets through the file, and would be given its first
    tokens again. That round does not count, and the next one has more tokens."""
    speeds = iter([20.0, 20.0, 20.0, 128.0, 20.0, 200.0])
    sizes: list[int] = []

    def load(wrk: str, origin: str, headers: Path) -> float:
        sizes.append(len(headers.read_text(encoding="ascii").splitlines()))
        return next(speeds)

    monkeypatch.setattr(serving, "load", load)
    with set_up(short=True) as bench:
        section = serving._new(bench, "wrk")
    assert sizes == [serving.TOKENS] * 2 + [127] * 2 + [254] * 2
    assert [each["value"]["median"] for each in section["rows"]] == [50_000, 5_000]


@pytest.mark.parametrize("target", serving.NEW_APPS.values(), ids=serving.NEW_APPS)
def test_what_gets_new_tokens_verifies_them(target: str, pool: LocalUserPool) -> None:
    """Both apps refuse a request without a token, and one with a bad signature."""
    with pool.serve() as keys:
        environ = serving._environ(pool, keys.url, guarded="1")
        with serving.running(target, environ) as origin:
            peer_serving.check(origin, peer_serving.BEARER, good_token(pool), guarded=True)


def test_each_form_of_an_app_has_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every form that needs no package of a peer is started, checked and measured, with repeated
    tokens and with new ones: of the latter no line of a file comes twice. No load generator is
    needed."""
    files: list[list[str]] = []

    def load(wrk: str, origin: str, headers: Path) -> float:
        lines = headers.read_text(encoding="ascii").splitlines()
        assert serving.status(origin, lines[-1]) == 200
        files.append(lines)
        return 20.0

    monkeypatch.setattr(serving, "load", load)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    with set_up(short=True) as bench:
        sections = peer_serving.measure(bench)
    peers = {site.peer for site in peer_serving.SITES}
    forms = [f"{site.name}, {form}" for site in peer_serving.SITES for form in site.forms]
    forms = [form for form in forms if form.rpartition(", ")[2] not in peers]
    functions = [f"{peer_serving.LAMBDA}, {form}" for form in peer_serving.LAMBDA_FORMS]
    for section in sections.values():
        assert [each["name"] for each in section["rows"]] == forms + functions
        assert [each for each in section["rows"] if "value" not in each] == []
    assert {len(set(lines)) - len(lines) for lines in files} == {0}
    repeated = [lines for lines in files if len(lines) == serving.TOKENS]
    fresh = [lines for lines in files if len(lines) != serving.TOKENS]
    assert {len(lines) for lines in fresh} == {127}
    assert not set(repeated[0]) & set(fresh[0])


@pytest.mark.parametrize("site", peer_serving.SITES, ids=lambda site: site.pins)
def test_a_form_that_lets_everybody_in_is_no_guard(
    site: peer_serving.Site, pool: LocalUserPool
) -> None:
    """What is measured as guarded refuses a request without a token, and one with a bad signature;
    what is not, does not."""
    with pool.serve() as keys:
        environ = peer_serving._environ(pool, keys.url, "unguarded")
        with serving.running(site.target, environ) as origin:
            token = good_token(pool)
            peer_serving.check(origin, peer_serving.BEARER, token, guarded=False)
            with pytest.raises(RuntimeError, match="answers"):
                peer_serving.check(origin, peer_serving.BEARER, token, guarded=True)


def test_versions_are_told_as_they_are_pinned() -> None:
    """A run names what the apps ran on."""
    told = peer_serving.about()["Servers"].split(", ")
    pins = "".join(path.read_text() for path in environments.PEERS.glob("served_*.txt")).lower()
    assert len(told) == 6
    for each in told:
        assert each.lower().replace(" ", "==") in pins


def test_tokens_that_nobody_has_seen_are_made_once() -> None:
    """Each app is another process, so the next one gets the tokens of the last one."""
    made = iter("abcdefgh")
    fresh = Fresh(lambda: next(made))
    assert [fresh.take(*part) for part in ((0, 2), (2, 3), (0, 2), (1, 4))] == [
        list(text) for text in ("ab", "cde", "ab", "bcde")
    ]


def test_every_token_of_a_flood_is_refused_for_its_reason() -> None:
    """Junk is refused before a key is looked for, the others by their key and their signature; and
    those that are there for comparison are good."""
    from cognito_guard import AuthError, Guard, KeysUnavailable

    with set_up(short=True) as bench, bench.pool.serve() as keys:
        guard = Guard(bench.pool.trust(jwks=keys.url))
        guard.prefetch(wait=60)
        reasons: dict[str, set[str]] = {}
        for kind, tokens in floods.floods(bench).items():
            for token in tokens:
                try:
                    guard.verify(token)
                except (AuthError, KeysUnavailable) as error:
                    reasons.setdefault(kind, set()).add(error.reason)
        assert floods.GOOD not in reasons
        assert reasons["bad signatures"] == {"bad_signature"}
        assert reasons["unknown keys"] <= {"unknown_key", "keys_unavailable"}
        early = {"token_expired", "unknown_issuer", "wrong_client", "malformed_token"}
        assert reasons["junk"] == early
        assert keys.requests <= 3


def test_a_flood_is_refused_while_good_requests_are_answered() -> None:
    """Both reach the server, at their rates, and each is counted by itself."""
    need(shutil.which("wrk") is not None, "wrk: apt-get install wrk")
    with set_up(short=True) as bench:
        sections = floods.measure(bench)
    for section in sections.values():
        names = [
            f"{server}, {kind}"
            for server in floods.SERVERS
            for kind in (floods.QUIET, *floods.KINDS, floods.GOOD)
        ]
        assert [each["name"] for each in section["rows"]] == names
        for server in floods.SERVERS:
            quiet = row(section, f"{server}, {floods.QUIET}")
            assert quiet is not None
            assert quiet["ratio"]["median"] == 1


def test_a_flood_that_gets_through_is_an_error() -> None:
    """A row about refusals is never one about answers, nor about a flood that did not come."""
    server = floods.SERVERS["Flask on waitress"]
    flood = floods.Paced(requests=4_000, seconds=5, refused=4_000, broken=0, p50=1, p99=2)
    floods._judge(flood, "junk")
    floods._judge(flood._replace(refused=0), floods.GOOD)
    for kind, bad in (
        ("junk", flood._replace(refused=3_999)),
        ("junk", flood._replace(broken=1)),
        (floods.GOOD, flood),
    ):
        with pytest.raises(RuntimeError, match="not answered as meant"):
            floods._judge(bad, kind)
    slow = flood._replace(requests=3_000)
    floods._check_rate([slow, flood, flood], server, "junk")
    with pytest.raises(floods.TooSlow, match="600 of 800 /s"):
        floods._check_rate([slow, flood, slow], server, "junk")


def test_a_peer_is_judged_where_the_lead_is_smaller() -> None:
    """A lead with repeated tokens makes up for nothing with new ones."""
    name, ours, peer = peer_serving.RIVALS[0]
    sections = {
        peer_serving.REPEATED: _section({f"{name}, {ours}": 0.9, f"{name}, {peer}": 0.3}),
        peer_serving.NEW: _section({f"{name}, {ours}": 0.2, f"{name}, {peer}": 0.4}),
    }
    verdicts = [goal for goal in judge(sections) if goal["met"] is not None]
    assert [(goal["measured"], goal["met"]) for goal in verdicts] == [("0.50", False)]
    assert peer in verdicts[0]["what"]


def test_floods_are_judged_by_the_worst() -> None:
    """The comparison with good tokens is none of them."""
    server = next(iter(floods.SERVERS))
    ratios = dict(zip((*floods.KINDS, floods.GOOD), (1.1, 1.4, 1.2, 9.0), strict=True))
    section = _section({f"{server}, {kind}": ratio for kind, ratio in ratios.items()}, "ms")
    verdicts = [goal for goal in judge({floods.LATE: section}) if goal["met"] is not None]
    assert [(goal["measured"], goal["met"]) for goal in verdicts] == [("1.40", True)]
