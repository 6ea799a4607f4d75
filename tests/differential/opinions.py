"""The other libraries, each asked as strictly as it can be: ``""`` for yes, or an error's name."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from unittest.mock import patch

import joserfc.jwt
import jwt
import jwt.api_jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from ..engine.forge import NOW, Forge

AWS_JWT_VERIFY = "aws-jwt-verify@5.2.1"
_SCRIPT = Path(__file__).with_name("aws_jwt_verify.cjs")

Opinion = Callable[[Forge, Sequence[str]], list[str]]


class _Frozen(datetime):
    """The clock of PyJWT, which takes none as an argument."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Frozen:
        return cls.fromtimestamp(NOW, tz)


class _Roomy(JWSRegistry):
    """As joserfc is, with room for a header that holds a key."""

    max_header_length = 16 * 1024


def pyjwt(forge: Forge, tokens: Sequence[str]) -> list[str]:
    """What PyJWT says. It knows neither token uses nor clients."""
    key = forge.private.public_key()
    issuers = list(forge.trust().issuers)

    def decode(token: str) -> object:
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=issuers,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )

    with patch.object(jwt.api_jwt, "datetime", _Frozen):
        return [_asked(decode, token) for token in tokens]


def joserfc_(forge: Forge, tokens: Sequence[str]) -> list[str]:
    """What joserfc says. It knows neither token uses nor clients."""
    registry = _Roomy(algorithms=["RS256"], strict_check_header=False)
    key = RSAKey.import_key(forge.jwk())
    essential: dict[str, Any] = {"essential": True}
    issuers: dict[str, Any] = {"essential": True, "values": list(forge.trust().issuers)}
    requests = joserfc.jwt.JWTClaimsRegistry(now=NOW, iss=issuers, sub=essential, exp=essential)

    def decode(token: str) -> object:
        parsed = joserfc.jwt.decode(token, key, algorithms=["RS256"], registry=registry)
        requests.validate(parsed.claims)
        return parsed

    return [_asked(decode, token) for token in tokens]


def _asked(decode: Callable[[str], object], token: str) -> str:
    try:
        decode(token)
    except Exception as error:  # noqa: BLE001  # they raise UnicodeEncodeError and more
        return type(error).__name__
    return ""


def aws_jwt_verify(modules: Path) -> Opinion:
    """What AWS's own library for Node.js says, of which ``modules`` is the ``node_modules``."""

    def ask(forge: Forge, tokens: Sequence[str]) -> list[str]:
        pool = {
            "userPoolId": forge.user_pool_id,
            "clientId": forge.client_id,
            "tokenUse": None,
            "jwks": {"keys": [forge.jwk()]},
        }
        return ask_node(modules, {"now": NOW, "pool": pool}, tokens)

    return ask


def ask_node(modules: Path, question: Mapping[str, Any], tokens: Iterable[str]) -> list[str]:
    """What the script in Node.js answers about these tokens, asked in one process."""
    lines = [json.dumps({"module": str(modules / "aws-jwt-verify"), **question})]
    # In ASCII, because Node.js knows line ends of its own among the other characters.
    lines += [json.dumps(token) for token in tokens]
    answers = subprocess.run(
        ["node", str(_SCRIPT)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=500,
        check=True,
    ).stdout.split("\n")[:-1]
    assert len(answers) == len(lines) - 1
    return answers
