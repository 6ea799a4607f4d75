"""Requests a second over HTTP, with our guard and with other libraries in its place.

Every form of an app runs in one environment, so that the framework, the server and `cryptography`
are the same for all. A Lambda function has no server of its own: its handler is called in a loop.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from typing import NamedTuple

from cognito_guard.testing import LocalUserPool

from . import environments, serving
from .bench import Bench
from .environments import ROOT
from .material import Fresh, good_token
from .numbers import ratios, summary
from .results import Section
from .served import RESOURCE
from .workers import WorkerError, WorkerProcess

REPEATED, NEW = "http_peers", "http_peers_new"
NEW_ROUNDS = 5
BEARER, COOKIE = "Authorization: Bearer {}", "Cookie: cognito_access_token={}"
"""What carries a token, as a line of headers. flask-cognito-lib looks for it in a cookie."""

_EVENTS = 2_000
_SERVED = "tests.benchmarks.served"


class Site(NamedTuple):
    """An app, the pins of its environment, and its forms with what carries the token in each. The
    first form has no guard."""

    name: str
    pins: str
    target: str
    forms: Mapping[str, str]
    peer: str
    """The form that needs a package which is not among those of the tests."""


SITES = (
    Site(
        "FastAPI on uvicorn",
        "served_fastapi",
        f"{_SERVED}.fastapi_app:app",
        {
            "unguarded": BEARER,
            "cognito_guard, middleware": BEARER,
            "cognito_guard, dependency": BEARER,
            "fastapi-cognito": BEARER,
        },
        "fastapi-cognito",
    ),
    Site(
        "Flask on gunicorn",
        "served_flask",
        f"{_SERVED}.flask_app:app",
        {"unguarded": BEARER, "cognito_guard": BEARER, "flask-cognito-lib": COOKIE},
        "flask-cognito-lib",
    ),
    Site(
        "REST framework on gunicorn",
        "served_django",
        f"{_SERVED}.django_app:application",
        {"unguarded": BEARER, "cognito_guard": BEARER, "django-cognito-jwt": BEARER},
        "django-cognito-jwt",
    ),
)

LAMBDA = "Lambda behind an HTTP API"
LAMBDA_FORMS = ("unguarded", "cognito_guard", "Powertools `JWTVerifier`")
_LAMBDA_PINS = "served_lambda"

RIVALS = (
    ("FastAPI on uvicorn", "cognito_guard, dependency", "fastapi-cognito"),
    ("Flask on gunicorn", "cognito_guard", "flask-cognito-lib"),
    ("REST framework on gunicorn", "cognito_guard", "django-cognito-jwt"),
    (LAMBDA, "cognito_guard", "Powertools `JWTVerifier`"),
)
"""Of each app: our form, and that of the other library."""


_TOLD = ("FastAPI", "uvicorn", "Flask", "Django", "gunicorn", "aws-lambda-powertools")


def about() -> dict[str, str]:
    """The versions of the frameworks, the servers and of what has no worker elsewhere."""
    pins = {}
    for name in (*(site.pins for site in SITES), _LAMBDA_PINS):
        lines = (environments.PEERS / f"{name}.txt").read_text(encoding="utf-8").split()
        pins |= {line.partition("==")[0].lower(): line.partition("==")[2] for line in lines}
    return {"Servers": ", ".join(f"{name} {pins[name.lower()]}" for name in _TOLD)}


def measure(bench: Bench) -> dict[str, Section]:
    """All forms of an app take turns in each round; an app at a time."""
    sections = {
        REPEATED: _section(f"Requests a second beside other libraries, {serving.TOKENS} tokens"),
        NEW: _section("The same, every request with a token not seen before"),
    }
    wrk = shutil.which("wrk")
    if wrk is None:
        _missing(sections, "all apps", "wrk is not installed")
        return sections
    fresh = Fresh(lambda: good_token(bench.pool))
    for site in SITES:
        try:
            python = sys.executable if bench.short else environments.own_python(site.pins)
        except environments.Missing as missing:
            _missing(sections, site.name, str(missing))
            continue
        forms = [form for form in site.forms if not bench.short or form != site.peer]
        for kind, speeds in _load(bench, wrk, site, forms, python, fresh).items():
            _add(sections[kind], site.name, forms, speeds)
    _functions(bench, sections)
    return sections


def _load(
    bench: Bench, wrk: str, site: Site, forms: Sequence[str], python: str, fresh: Fresh
) -> dict[str, list[list[float]]]:
    """The speeds of each form, round by round: with repeated tokens, and with new ones."""
    repeated: list[list[float]] = [[] for _ in forms]
    new: list[list[float]] = [[] for _ in forms]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keys = stack.enter_context(bench.pool.serve())
        origins = [
            stack.enter_context(
                serving.running(site.target, _environ(bench.pool, keys.url, form), python)
            )
            for form in forms
        ]
        carriers = [site.forms[form] for form in forms]
        good = fresh.take(0, serving.TOKENS)
        for form, origin, carrier in zip(forms, origins, carriers, strict=True):
            check(origin, carrier, good[0], guarded=form != "unguarded")
        files = {carrier: _write(folder, carrier, good) for carrier in set(carriers)}
        for number in range(-1, 1 if bench.short else serving.ROUNDS):
            for place, origin in enumerate(origins):
                speed = serving.load(wrk, origin, files[carriers[place]])
                if number >= 0:  # the first round warms up
                    repeated[place].append(speed)
        # No guard is faster with new tokens than with repeated ones. A third more, as speed varies.
        fastest = max(max(each) for each in repeated[1:])
        count, first = ceil(fastest * serving.SECONDS * 4 / 3) + 100, serving.TOKENS
        for _ in range(1 if bench.short else NEW_ROUNDS):
            tokens = fresh.take(first, count)
            first += count
            files = {carrier: _write(folder, carrier, tokens) for carrier in set(carriers)}
            for place, origin in enumerate(origins):
                speed = serving.load(wrk, origin, files[carriers[place]])
                if place and speed * serving.SECONDS > count:
                    raise RuntimeError(f"{site.name}, {forms[place]}: tokens came again")
                new[place].append(speed)
    return {REPEATED: repeated, NEW: new}


def check(origin: str, carrier: str, token: str, *, guarded: bool) -> None:
    """See that a form does what its row says. Raises ``RuntimeError``."""
    head, payload, signature = token.split(".")
    bad = f"{head}.{payload}.{signature[::-1]}"
    lines = ("", carrier.format(bad), carrier.format(token))
    found = [serving.status(origin, line) for line in lines]
    refused = [status in (401, 403, 422) for status in found[:2]]
    if found[2] != 200 or any(each != guarded for each in refused):
        raise RuntimeError(f"{origin} answers {found}")


def _functions(bench: Bench, sections: Mapping[str, Section]) -> None:
    """The handlers of a function, in one process, as each environment of a function has one."""
    try:
        python = sys.executable if bench.short else environments.own_python(_LAMBDA_PINS)
    except environments.Missing as missing:
        _missing(sections, LAMBDA, str(missing))
        return
    count = 20 if bench.short else _EVENTS
    fresh = Fresh(lambda: good_token(bench.pool, aud=RESOURCE))
    repeated: list[list[float]] = [[] for _ in LAMBDA_FORMS]
    new: list[list[float]] = [[] for _ in LAMBDA_FORMS]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keys = stack.enter_context(bench.pool.serve())
        worker = WorkerProcess(
            LAMBDA,
            [python, "-m", f"{_SERVED}.lambda_function"],
            environ={**os.environ, **_environ(bench.pool, keys.url, "")},
            folder=ROOT,
        )
        stack.callback(worker.close)
        few = fresh.take(0, min(serving.TOKENS, count))
        again = _write(folder, "{}", (few * count)[:count])
        expired = bench.pool.access_token(expires_in=-3600, claims={"aud": RESOURCE})
        try:
            for form in LAMBDA_FORMS:
                statuses = [
                    worker.ask(form=form, token=token)["status"] for token in (few[0], expired)
                ]
                if statuses != [200, 200 if form == "unguarded" else 401]:
                    raise WorkerError(f"{form} answers {statuses}")
            for number in range(-1, 1 if bench.short else serving.ROUNDS):
                for place, form in enumerate(LAMBDA_FORMS):
                    seconds = worker.ask(form=form, tokens=str(again))["seconds"]
                    if number >= 0:  # the first round warms up
                        repeated[place].append(count / seconds)
            for number in range(1 if bench.short else NEW_ROUNDS):
                tokens = fresh.take(serving.TOKENS + number * count, count)
                listed = _write(folder, "{}", tokens)
                for place, form in enumerate(LAMBDA_FORMS):
                    seconds = worker.ask(form=form, tokens=str(listed))["seconds"]
                    new[place].append(count / seconds)
        except WorkerError as error:
            _missing(sections, LAMBDA, str(error))
            return
    _add(sections[REPEATED], LAMBDA, LAMBDA_FORMS, repeated)
    _add(sections[NEW], LAMBDA, LAMBDA_FORMS, new)


def _environ(pool: LocalUserPool, jwks_url: str, form: str) -> dict[str, str]:
    return {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_JWKS": jwks_url,
        "BENCH_FORM": form,
    }


def _write(folder: Path, carrier: str, tokens: Sequence[str]) -> Path:
    path = folder / f"{carrier.partition(':')[0].strip('{}') or 'tokens'}.txt"
    path.write_text("".join(carrier.format(token) + "\n" for token in tokens), encoding="ascii")
    return path


def _section(title: str) -> Section:
    return {"title": title, "unit": "/s", "base": "the same app unguarded", "rows": []}


def _add(
    section: Section, name: str, forms: Sequence[str], speeds: Sequence[Sequence[float]]
) -> None:
    for form, each in zip(forms, speeds, strict=True):
        section["rows"].append(
            {
                "name": f"{name}, {form}",
                "value": summary(each),
                "ratio": ratios(each, speeds[0]),
            }
        )


def _missing(sections: Mapping[str, Section], name: str, why: str) -> None:
    for section in sections.values():
        section["rows"].append({"name": name, "missing": why})
