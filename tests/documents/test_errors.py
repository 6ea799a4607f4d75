"""The page of reasons: each one has a section, and what the section shows is what happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import jwt
import pytest
import trustme

from cognito_guard import (
    AuthError,
    Guard,
    InvalidToken,
    KeysUnavailable,
    Reason,
    RevocationsUnavailable,
)
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..cli.aws import StandIn
from ..cli.running import DEADLINE
from .tables import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"
EVERYDAY = {"missing_credentials", "token_expired"}


class Section(NamedTuple):
    """A reason: the name of its error and the status above it, itself, and the text below."""

    error: str
    status: str
    reason: str
    text: str

    @property
    def name(self) -> str:
        """To name a test by: one reason has two sections."""
        return f"{self.error}-{self.reason}"


def _sections() -> Iterator[Section]:
    for part in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        heading, *reasons = re.split(
            r"^#### ", re.split(r"^## ", part, flags=re.MULTILINE)[0], flags=re.MULTILINE
        )
        error, _, status = heading.partition("\n")[0].partition(": ")
        for one in reasons:
            reason, _, text = one.partition("\n")
            yield Section(error, status, reason, text)


SECTIONS = list(_sections())
each_section = pytest.mark.parametrize("section", SECTIONS, ids=[one.name for one in SECTIONS])


def _errors() -> list[AuthError | KeysUnavailable]:
    """One of each error and reason."""
    kinds = AuthError.__subclasses__()
    for kind in kinds:
        kinds += kind.__subclasses__()
    refused = [kind(reason, "") for kind in kinds for reason in kind.reasons]
    return [KeysUnavailable(), RevocationsUnavailable(), *refused]


def test_every_reason_has_a_section_below_its_error(guard: Guard) -> None:
    """The headings are the error tree, no reason more and no reason less."""
    expected = Counter(
        (type(error).__name__, str(guard.challenge(error).status), str(error.reason))
        for error in _errors()
    )
    assert Counter(section[:3] for section in SECTIONS) == expected
    assert {section.reason for section in SECTIONS} == set(Reason)


def test_type_of_a_refusal_is_the_anchor_of_its_section(pool: LocalUserPool) -> None:
    """A heading is the reason and nothing else: its anchor, on GitHub and in the pages that Sphinx
    makes, is what ``type`` ends with."""
    guard = Guard(pool.trust(), docs_url="https://docs.example.com/errors")
    told = guard.challenge(InvalidToken(Reason.TOKEN_EXPIRED, "x")).problem["type"]
    assert told == "https://docs.example.com/errors#token_expired"


@each_section
def test_every_section_has_its_parts(section: Section, guard: Guard) -> None:
    """What it means, the status and challenge that are sent, how to see it (with the line of the
    log), and how to fix it, as a list."""
    meaning, status, see, fix = re.split(
        r"\*\*(?:Status|How to see it|How to fix it):\*\*", section.text
    )
    assert meaning.strip()
    (error,) = (
        one
        for one in _errors()
        if (type(one).__name__, str(one.reason)) == (section.error, section.reason)
    )
    answer = guard.challenge(error)
    challenge = dict(answer.headers).get("WWW-Authenticate", "").partition(", ")[0]
    shown = f"WWW-Authenticate: {challenge}" if challenge else "Retry-After"
    assert status.strip() == f"{section.status}, `{shown}`"
    assert re.search(
        rf"```text\nrefused with {section.status}: {section.reason} \([A-Z]+ /\S+\)\n", see
    )
    assert ("`INFO`" in see) == (section.reason in EVERYDAY)
    assert re.search(rf"^(refused: )?{section.reason}[ \w\[\]().:]+$", see, re.MULTILINE)
    assert re.match(r"\s*1\. \S", fix)


POOL = LocalUserPool("eu-west-1_AbC123xyz")
BALANCER = LocalLoadBalancer(POOL, arn=ARN)
_ALB = {"COGNITO_ALB_ARNS": ARN, "COGNITO_ALB_CLIENT_ID": POOL.client_id}


@pytest.fixture(scope="module")
def variables() -> Mapping[str, Mapping[str, str]]:
    """What the variables of the examples hold, and the settings that differ."""
    # Made when they are needed: tokens that are made while tests are collected may be over by then.
    good = POOL.access_token()
    return {
        "unsupported_algorithm": {
            "TOKEN": jwt.encode({"sub": "x"}, "a shared secret of 32 letters, or so", "HS256")
        },
        "unsupported_header": {
            "TOKEN": POOL.sign({}, headers={"zip": "DEF"}),
        },
        "unknown_issuer": {"TOKEN": LocalUserPool("eu-west-1_OtherPool").access_token()},
        "unknown_key": {"TOKEN": LocalUserPool("eu-west-1_AbC123xyz").access_token()},
        "bad_signature": {"TOKEN": f"{good[:-40]}{'A' * 10}{good[-30:]}"},
        "token_expired": {"TOKEN": POOL.access_token(expires_in=-60)},
        "token_not_yet_valid": {"TOKEN": POOL.access_token(claims={"nbf": 4_000_000_000})},
        "wrong_token_use": {"ID_TOKEN": POOL.id_token()},
        "wrong_client": {"TOKEN": POOL.access_token(client_id="2example98765432")},
        "wrong_resource": {"TOKEN": good, "COGNITO_RESOURCES": "https://api.example.com"},
        "malformed_claim": {"TOKEN": POOL.access_token(claims={"cognito:groups": "admins"})},
        "sender_constrained": {"TOKEN": POOL.access_token(claims={"cnf": {"jkt": "x"}})},
        "wrong_signer": {"DATA": BALANCER.data("ada"), **_ALB, "COGNITO_ALB_ARNS": f"{ARN}1"},
        "identity_mismatch": {"DATA": BALANCER.data("ada"), **_ALB},
        "missing_scope": {"TOKEN": good},
        "missing_group": {"TOKEN": good},
        "keys_unavailable": {"TOKEN": good, "COGNITO_JWKS": "http://127.0.0.1:9/jwks.json"},
    }


CONSOLE = [
    pytest.param(section.reason, example, id=f"{section.name}")
    for section in SECTIONS
    for example in re.findall(r"```console\n\$ (.*?)```", section.text, re.DOTALL)
]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An app's settings, with the pool's keys in a file, and an AWS for those of load balancers."""
    folder = tmp_path_factory.mktemp("errors")
    (pem,) = BALANCER.keys().values()
    answers = {"public-keys.auth.elb.eu-west-1.amazonaws.com": pem.encode("ascii")}
    (folder / "jwks.json").write_text(json.dumps(POOL.jwks()), encoding="utf-8")
    (folder / "token.txt").write_text("x" * 20_000, encoding="ascii")
    with StandIn(trustme.CA(), answers) as aws:
        yield {
            **aws.environment(folder),
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
            "HOME": str(folder),
            "COGNITO_USER_POOL_ID": POOL.user_pool_id,
            "COGNITO_CLIENT_IDS": POOL.client_id,
            "COGNITO_JWKS": "jwks.json",
        }


@pytest.mark.parametrize(("reason", "example"), CONSOLE)
def test_explain_says_what_the_page_shows(
    shell: dict[str, str],
    variables: Mapping[str, Mapping[str, str]],
    reason: str,
    example: str,
) -> None:
    """The commands of each section end in its reason, at the check that the page names."""
    command, _, shown = example.partition("\n")
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=shell["HOME"],
        env={**shell, **variables.get(reason, {})},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stdout == shown


def test_examples_are_found(variables: Mapping[str, Mapping[str, str]]) -> None:
    """Whatever has variables is one of the examples."""
    found = {str(one.values[0]) for one in CONSOLE}
    assert len(found) > 15
    assert variables.keys() < found
