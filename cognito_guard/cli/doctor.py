"""``cognito-guard doctor``: what is wrong around a guard, worst first."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, final

from ..config import DEFAULT_PREFIX, blamed_on_guard, guard_arguments, values_from_text
from ..doctor import Finding, check_identity_pool, check_user_pool, reaches, worst_first
from ..doctor.mcp import check_mcp
from ..doctor.surroundings import check_machine, check_pool
from ..errors import ConfigurationError
from ..guard import Guard
from ..load_balancers.load_balancer import LoadBalancer
from ..network.fetch import check_url
from ..tokens.user_pool import ANY_CLIENT, UserPool
from .arguments import pool_arguments
from .aws_account import AwsAccount, open_account
from .output import harmless, paint, write
from .status import Status

__all__ = ["examine"]

_COLOURS = {"error": "bad", "warning": "careful", "info": "careful", "ok": "good"}
_NOBODY_CAN_SAY = {"keys-unreachable", "mcp-unreachable", "aws-no-answer", "credentials-refused"}
_ROLE = "custom:role"


@final
class _Subject(NamedTuple):
    """What is looked at."""

    pools: Sequence[UserPool] = ()
    load_balancers: Sequence[LoadBalancer] = ()


def examine(options: Namespace) -> int:
    """Print the findings. Raises :class:`ConfigurationError`."""
    if options.endpoint_url is not None:
        try:
            check_url(options.endpoint_url)
        except ConfigurationError:
            raise ConfigurationError(
                "--endpoint-url must be https, or http on this machine"
            ) from None
    findings: list[Finding] = []
    if options.mcp is not None:
        try:
            check_url(options.mcp)
        except ConfigurationError:
            raise ConfigurationError("--mcp must be https, or http on this machine") from None
    client = _mcp_client(options)
    subject = _subject(options, findings)
    findings += check_machine()
    if options.mcp is not None:
        findings += check_mcp(options.mcp, client)
    for pool in subject.pools:
        findings += check_pool(pool)
    if not options.no_aws and (subject.pools or options.identity_pool_id or options.mcp is None):
        findings += _of_aws(options, subject)
    found = worst_first(findings)
    write(_as_json(found) if options.json else "\n".join(_lines(found)))
    return _status(found, options)


def _mcp_client(options: Namespace) -> tuple[str, str] | None:
    """The app client for an MCP server, and its callback."""
    client = (options.mcp_client_id, options.mcp_callback)
    if client == (None, None):
        return None
    if not all(client) or options.mcp is None:
        raise ConfigurationError("--mcp-client-id and --mcp-callback go together, with --mcp")
    return client


def _status(found: list[Finding], options: Namespace) -> Status:
    ids = {one.id for one in found}
    if "settings-wrong" in ids:
        return Status.USAGE
    if ids & _NOBODY_CAN_SAY:
        return Status.KEYS_UNAVAILABLE
    bad = any(reaches(one, options.fail_on) for one in found)
    return Status.SOME_REFUSED if bad else Status.ALL_VALID


def _subject(options: Namespace, findings: list[Finding]) -> _Subject:
    """What the options or the environment describe."""
    if options.user_pool_id is not None:
        if options.prefix is not None:
            raise ConfigurationError("--user-pool-id replaces the environment; leave --prefix out")
        pool = UserPool(**pool_arguments(options), client_ids=ANY_CLIENT)
        Guard(pool)  # a bad --jwks is found here
        return _Subject([pool])
    for name in ("issuer", "jwks"):
        if getattr(options, name) is not None:
            raise ConfigurationError(f"--{name} needs --user-pool-id")
    prefix = DEFAULT_PREFIX if options.prefix is None else options.prefix
    others = options.identity_pool_id or options.mcp
    if not any(name.startswith(prefix) for name in os.environ) and others:
        return _Subject()
    try:
        values = values_from_text(os.environ, prefix)
        trusted, keywords = guard_arguments(values, prefix)
        with blamed_on_guard(values, prefix):
            Guard(*trusted, **keywords)
        pools = [one for one in trusted if isinstance(one, UserPool)]
        if f"{prefix}LOGIN_DOMAIN" in values:
            _check_sign_in(values, prefix, pools)
    except ConfigurationError as error:
        findings.append(
            Finding(
                "settings-wrong",
                "error",
                f"The settings in the environment are wrong: {error}.",
                "The app does not start with them.",
            )
        )
        return _Subject()
    load_balancers = [one for one in trusted if isinstance(one, LoadBalancer)]
    pools += [one.user_pool for one in load_balancers if one.user_pool is not None]
    findings.append(
        Finding(
            "settings",
            "ok",
            f"The settings in the environment ({prefix}*) are good. User pools: {len(pools)}; "
            f"load balancers: {sum(len(one.arns) for one in load_balancers)}.",
        )
    )
    return _Subject([*{one.user_pool_id: one for one in pools}.values()], load_balancers)


def _check_sign_in(values: Mapping[str, Any], prefix: str, pools: Sequence[UserPool]) -> None:
    """The settings of sign-in; those of sessions are checked when an app opens its store."""
    from ..login.managed_login import ManagedLogin
    from ..login.settings import blamed_on_settings, login_arguments

    pool, of_login, _ = login_arguments(values, prefix, pools)
    with blamed_on_settings(values, prefix):
        ManagedLogin(pool, **of_login)


def _of_aws(options: Namespace, subject: _Subject) -> Iterable[Finding]:
    """What AWS tells those who have credentials."""
    account = open_account(options.endpoint_url)
    if isinstance(account, Finding):
        return [account]
    return account.within_time(lambda: _read_and_check(options, subject, account))


def _read_and_check(options: Namespace, subject: _Subject, account: AwsAccount) -> None:
    reads = []
    for pool in subject.pools:
        read = account.user_pool(
            pool.user_pool_id,
            options.trusted_attribute or [pool.role_claim or _ROLE],
            [arn for one in subject.load_balancers if _is_before(one, pool) for arn in one.arns],
        )
        if read is not None:
            account.found(check_user_pool(read))
            reads.append(read)
    if reads:
        account.missed_attributes(options.trusted_attribute or (), reads)
    if options.identity_pool_id is not None:
        identity_pool = account.identity_pool(options.identity_pool_id)
        if identity_pool is not None:
            account.found(check_identity_pool(identity_pool))


def _is_before(load_balancer: LoadBalancer, pool: UserPool) -> bool:
    """Whether a load balancer signs users in with a pool; one that names no issuer may well."""
    issuers = load_balancer.issuers
    return not issuers or not set(issuers).isdisjoint(pool.issuers)


def _as_json(found: list[Finding]) -> str:
    lines = ",\n".join(json.dumps(one.as_dict()) for one in found)
    return f"[\n{lines}\n]" if found else "[]"


def _lines(found: list[Finding]) -> Iterable[str]:
    for one in found:
        yield f"{paint(one.level, _COLOURS[one.level])}: {one.id}: {harmless(one.what)}"
        if one.why:
            yield f"  why: {harmless(one.why)}"
        if one.fix:
            yield f"  fix: {harmless(one.fix)}"
