"""The pictures say what the code does, are well made, and stand on their pages."""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cognito_guard import (
    Guard,
    Identity,
    KeysUnavailable,
    Policy,
    RevocationsUnavailable,
    require_groups,
    require_scopes,
)
from cognito_guard.explain import Explanation
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool, attacks

from ..engine.test_reports import Listed
from .tables import ROOT

FOLDER = ROOT / "docs" / "pictures"
LIGHT = sorted(FOLDER.glob("*-light.svg"))
SVG = "{http://www.w3.org/2000/svg}"
RESOURCE = "https://orders.example.com"


def dark() -> Any:
    """The program that makes dark pictures."""
    spec = importlib.util.spec_from_file_location("dark", FOLDER / "dark.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("light", LIGHT, ids=lambda path: path.stem)
def test_a_dark_picture_differs_in_its_colours_alone(light: Path) -> None:
    """`python docs/pictures/dark.py` was run, and it has another colour for each one."""
    text = light.read_text(encoding="utf-8")
    there = light.with_name(light.name.replace("-light", "-dark"))
    assert there.read_text(encoding="utf-8") == dark().darkened(text)
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= set(dark().COLOURS)
    assert set(dark().COLOURS).isdisjoint(dark().COLOURS.values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_is_plain(path: Path) -> None:
    """It has a title and a description, and neither scripts, fonts nor anything from elsewhere."""
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314  # our own file
    assert root.attrib["role"] == "img"
    assert all(root.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "tspan")
    }
    assert "http" not in text.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"@import|@font-face|url\((?!#)", text)


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_texts_in_pictures_have_contrast(variant: str) -> None:
    """Every colour of text is 4.5 to 1 at least on everything that text stands on (WCAG AA)."""
    colours = [pair[variant == "dark"] for pair in dark().COLOURS.items()]
    grounds, texts = colours[:3], colours[5:]
    for ground in grounds:
        for text in texts:
            darker, lighter = sorted(map(luminance, (ground, text)))
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ground, text)


def checks_drawn() -> dict[str, set[str]]:
    """The checks in the picture, in its order, each with its reasons."""
    root = ElementTree.parse(FOLDER / "checks-light.svg").getroot()  # noqa: S314
    drawn: dict[str, set[str]] = {}
    names: list[str] = []
    for text in root.iter(f"{SVG}text"):
        kinds, said = text.attrib["class"].split(), (text.text or "").split(", ")
        if "check" in kinds:
            names = said
            drawn |= {name: set() for name in names}
        elif "reason" in kinds:
            for name in names:
                drawn[name] |= set(said) - {"…"}
    return drawn


def bearer(token: str) -> dict[str, str]:
    """The header of a request."""
    return {"Authorization": f"Bearer {token}"}


def refuse(_: Identity) -> bool:
    """A check that lets nobody in."""
    return False


def test_the_picture_of_the_checks_has_each_in_its_order(pool: LocalUserPool) -> None:
    """A request with all that can be checked passes exactly the checks that are drawn."""
    guard = Guard(
        pool.trust(resources=[RESOURCE], checks=[lambda identity: True]),
        revocations=MemoryRevocationList(),
    )
    token = pool.access_token(aud=RESOURCE, groups=["admins"])
    explained = guard.explain_request(bearer(token), policy=require_groups("admins"))
    assert explained.valid
    assert list(checks_drawn()) == [check.name for check in explained.checks]


class OtherKey:
    """A key for another algorithm, under every name."""

    algorithm = "ES256"

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        return self


class NoKeys:
    """A key set that cannot be reached."""

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        raise KeysUnavailable


def cannot_say() -> bool:
    """A list of revocations that cannot be reached."""
    raise RevocationsUnavailable


def seen_to_fail(pool: LocalUserPool) -> Mapping[str, set[str]]:
    """The checks that decide a request, and the reasons that they give for it."""
    failed: dict[str, set[str]] = defaultdict(set)

    def note(explained: Explanation) -> None:
        check = explained.first_failure
        if check is not None:
            failed[check.name].add(str(check.reason))

    for resource in (None, RESOURCE):
        forge = attacks.Forge(pool, resource=resource)
        guard = Guard(pool.trust() if resource is None else pool.trust(resources=[resource]))
        for attack in attacks.CORPUS:
            if not attack.fits(forge):
                continue
            if attack.token is not None:
                note(guard.explain(attack.token(forge)))
            headers: dict[str, list[Any]] = {}
            for name, value in attack.headers(forge) or []:
                headers.setdefault(name, []).append(value)
            note(guard.explain_request(headers))

    trust, token = pool.trust(), pool.access_token()
    note(Guard(trust).explain(pool.access_token(act="somebody")))
    for keys in (OtherKey(), NoKeys()):
        note(Guard(pool.trust(jwks=keys)).explain(token))
    for asked in (lambda: True, cannot_say):
        note(Guard(trust, revocations=Listed(asked)).explain(token))
    note(Guard(pool.trust(checks=[refuse])).explain(token))
    policies: list[Policy] = [require_groups("admins"), require_scopes("orders/write")]
    for policy in policies:
        note(Guard(trust).explain(token, policy=policy))
    return failed


def test_the_picture_of_the_checks_has_their_reasons(pool: LocalUserPool) -> None:
    """Each check fails with each reason beside it, and with no other; but that any claim may be
    malformed is drawn for those alone that have no reason of their own."""
    seen = seen_to_fail(pool)
    for name, reasons in checks_drawn().items():
        assert seen[name] - {"malformed_claim"} == reasons - {"malformed_claim"}, name
        assert reasons <= seen[name], name


def test_the_picture_of_the_load_balancer(pool: LocalUserPool) -> None:
    """What the three senders send gets what is drawn."""
    own = LocalLoadBalancer(pool)
    account = own.arn.split(":")[4]
    guard = Guard(own.trust(user_pool=pool.trust()))
    another = LocalLoadBalancer(pool, arn=own.arn.replace(account, "999999999999"))
    (kid,) = own.keys()
    forged = LocalLoadBalancer(pool, arn=own.arn).data("alice", headers={"kid": kid})
    headers = own.headers("alice")
    assert guard.explain_request(headers).valid
    drawn = (FOLDER / "alb-light.svg").read_text(encoding="utf-8")
    assert set(headers) == set(re.findall(r">(x-amzn-oidc-\w+)<", drawn))
    refused = [
        guard.explain_request(sent).reason
        for sent in (
            another.headers("alice"),
            {**headers, "x-amzn-oidc-data": forged},
            {**headers, "x-amzn-oidc-identity": "x"},
        )
    ]
    assert refused == ["wrong_signer", "bad_signature", "identity_mismatch"]


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("guard", "index.md"),
        ("sign-in", "index.md"),
        ("alb", "index.md"),
        ("guard", "concepts.md"),
        ("checks", "explain.md"),
        ("alb", "load-balancer.md"),
        ("sign-in", "login.md"),
    ],
)
def test_each_picture_is_on_its_page_with_words_in_its_place(name: str, page: str) -> None:
    """Whoever cannot see it is told what it shows."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(rf"^!\[(.*?)\]\(pictures/{name}-light\.svg\)$", text, re.MULTILINE)
    assert len(found) == 1
    assert len(found[0].split()) >= 10
