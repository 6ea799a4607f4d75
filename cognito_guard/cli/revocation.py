"""``cognito-guard revoke`` and ``revoked``: write a list, look into it."""

from __future__ import annotations

import json
from argparse import Namespace
from urllib.parse import urlsplit

from .._support.arguments import bare_text, issuer_url
from .._support.clock import calendar, steady_clock
from ..errors import AuthError, ConfigurationError, RevocationsUnavailable
from ..identity import Identity
from ..partitions import PARTITIONS
from ..revocation import Revocation
from ..revocation.entries import checked_refresh_seconds, lasting
from ..revocation.known import Known
from ..revocation.signing_out import of_caller, of_user
from ..tokens.parsing import parse_token
from ..tokens.user_pool import ANY_CLIENT, UserPool, aws_home, home_of
from .output import complain, paint, shown, shown_time, write
from .revocation_store import open_store, read_all, write_all
from .status import Status
from .tokens import read_tokens

__all__ = ["list_revoked", "revoke"]

_KINDS = {"token": "a token", "sign_in": "a sign-in", "user": "a user"}


def revoke(options: Namespace) -> int:
    """Write entries. Raises :class:`ConfigurationError`."""
    store = open_store(options)
    checked_refresh_seconds(options.refresh_seconds)
    named = [options.jti, options.origin_jti, options.subject, options.tokens or None]
    if sum(one is not None for one in named) != 1:
        raise ConfigurationError("what is revoked: TOKEN, or --jti, --origin-jti or --subject")
    for name in ("jti", "origin_jti", "subject"):
        value = getattr(options, name)
        if value is not None:
            bare_text(name, value)
    _check_idle(options)
    status = Status.ALL_VALID
    try:
        if not options.tokens:
            _write(store, options, "", _named(options))
        else:
            for label, token in read_tokens(options.tokens):
                try:
                    revocation = _of_token(_identity(token), options)
                except (AuthError, ConfigurationError) as error:
                    status = Status.SOME_REFUSED
                    _refuse(options, label, error)
                else:
                    _write(store, options, label, revocation)
    except RevocationsUnavailable as error:
        complain(str(error))
        return Status.KEYS_UNAVAILABLE
    return status


def list_revoked(options: Namespace) -> int:
    """Print the list, or what it says of tokens. Raises :class:`ConfigurationError`."""
    try:
        entries, unreadable = read_all(open_store(options))
    except RevocationsUnavailable as error:
        complain(str(error))
        return Status.KEYS_UNAVAILABLE
    if unreadable:
        complain(f"{unreadable} entries of the list cannot be understood")
    if not options.tokens:
        for one in sorted(entries, key=lambda each: (each.kind, each.ends_at, each.name)):
            write(_as_json(one) if options.json else _as_line(one))
        status = Status.ALL_VALID
    else:
        status = _verdicts(entries, options)
    return Status.KEYS_UNAVAILABLE if unreadable else status


def _verdicts(entries: list[Revocation], options: Namespace) -> Status:
    known = Known(calendar, steady_clock)
    known.add(entries)
    status = Status.ALL_VALID
    for label, token in read_tokens(options.tokens):
        try:
            identity = _identity(token)
        except AuthError as error:
            status = Status.SOME_REFUSED
            _refuse(options, label, error)
            continue
        refused = known.refuses(identity, home_of(identity.issuer))
        if refused:
            status = Status.SOME_REFUSED
        if options.json:
            write(json.dumps({"revoked": refused}))
        else:
            verdict = paint("revoked", "bad") if refused else paint("not revoked", "good")
            write(f"{label}{verdict}; the token was not verified")
    return status


def _check_idle(options: Namespace) -> None:
    """That no option is about something else than what is revoked, and none makes it void."""
    of_user = options.subject is not None or options.everywhere
    idle = {
        "--everywhere": options.everywhere and not options.tokens,
        "--before": options.before is not None and not of_user,
        "--user-pool-id": options.user_pool_id is not None and options.subject is None,
        "--issuer": options.issuer is not None and options.subject is None,
    }
    for name, it_is in idle.items():
        if it_is:
            raise ConfigurationError(f"{name} does not apply to what you revoke here")
    if options.ends_at is not None and options.ends_at <= calendar():
        raise ConfigurationError("--ends-at is in the past: the entry would have no effect")


def _identity(token: str) -> Identity:
    """What a token says, unverified."""
    claims = parse_token(token).claims
    texts = {
        name: claims[name] if isinstance(claims.get(name), str) else "" for name in ("sub", "iss")
    }
    client_id = claims.get("client_id")
    client = client_id if isinstance(client_id, str) else ""
    return Identity({**claims, **texts}, "access", client)


def _of_token(identity: Identity, options: Namespace) -> Revocation:
    now, refresh_seconds = calendar(), options.refresh_seconds
    if options.everywhere:
        home = _home(identity.issuer)
        found = of_user(home, identity.subject, now, refresh_seconds, identity.auth_time or 0)
    else:
        found = of_caller(identity, now, refresh_seconds)
    return _with_times(found, options)


def _named(options: Namespace) -> Revocation:
    now, refresh_seconds = calendar(), options.refresh_seconds
    if options.jti is not None:
        # Of a token that is not at hand it is not known when it expires: in a day, at the latest.
        return _with_times(Revocation.of_token(options.jti, ends_at=lasting(now, 0)), options)
    if options.origin_jti is not None:
        ends_at = lasting(now, refresh_seconds)
        return _with_times(Revocation.of_sign_in(options.origin_jti, ends_at=ends_at), options)
    if options.user_pool_id is None and options.issuer is None:
        raise ConfigurationError("--subject needs --user-pool-id, or --issuer")
    issuer = options.issuer
    if options.user_pool_id is not None:
        pool = UserPool(options.user_pool_id, client_ids=ANY_CLIENT, issuer=issuer)
        issuer = pool.issuers[0]
    return _with_times(of_user(_home(issuer), options.subject, now, refresh_seconds), options)


def _with_times(found: Revocation, options: Namespace) -> Revocation:
    """The same entry, with what was said of its times."""
    ends_at = found.ends_at if options.ends_at is None else options.ends_at
    if found.kind == "token":
        return Revocation.of_token(found.name, ends_at=ends_at)
    if found.kind == "sign_in":
        return Revocation.of_sign_in(found.name, ends_at=ends_at)
    before = found.before or 0 if options.before is None else options.before
    return Revocation.of_user(found.issuer or "", found.name, before=before, ends_at=ends_at)


def _home(issuer: str) -> str:
    """By which issuer guards know the users of a pool. Raises :class:`ConfigurationError` for what
    no guard knows: an entry would be without effect."""
    home = aws_home(issuer_url(issuer))
    if home is None and _looks_like_aws(issuer):
        raise ConfigurationError("issuer is not a user pool's: no guard would find the entry")
    return home or issuer


def _looks_like_aws(issuer: str) -> bool:
    try:
        host = urlsplit(issuer).hostname or ""
    except ValueError:
        return True  # and like nothing else
    return "cognito-idp." in host and host.endswith(tuple(one.dns_suffix for one in PARTITIONS))


def _write(store: object, options: Namespace, label: str, revocation: Revocation) -> None:
    write_all(store, [revocation])
    if options.json:
        write(_as_json(revocation))
    else:
        until = shown_time(revocation.ends_at, calendar())
        write(f"{label}{paint('revoked', 'good')}: {_KINDS[revocation.kind]}, until {until}")


def _refuse(options: Namespace, label: str, error: Exception) -> None:
    if options.json:
        write(json.dumps({"error": str(error)}))
    else:
        write(f"{label}{paint('not understood', 'bad')}: {error}")


def _as_json(one: Revocation) -> str:
    names = ("kind", "name", "issuer", "before", "ends_at")
    return json.dumps({name: getattr(one, name) for name in names})


def _as_line(one: Revocation) -> str:
    until = f"until {shown_time(one.ends_at, calendar())}"
    if one.issuer is None or one.before is None:
        return f"{one.kind:<8} {shown(one.name)}  {until}"
    who = f"{shown(one.name)} of {shown(one.issuer)}"
    return f"{one.kind:<8} {who}, signed in before {shown_time(one.before, calendar())}, {until}"
