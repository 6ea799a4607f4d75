"""All parts of the demo, one after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import chain

from cognito_guard.testing import LocalUserPool

from ..quiet import quiet
from . import load_balancer, sign_in, sign_out, tokens
from .stage import Stage
from .table import Table


def run(then: Callable[[LocalUserPool, dict[str, str]], None] | None = None) -> int:
    """Try every row and print the table. The exit status: 0 if every answer is as documented.

    ``then`` is called with the pool and the addresses of the apps while all of them still run.
    """
    pool = LocalUserPool()
    table = Table(sys.stdout, os.environ)
    with quiet(), Stage() as stage:
        keys = stage.enter_context(pool.serve())
        settings = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }
        table.say("A local user pool signs real tokens. The example apps answer:")
        table.head()
        for row in tokens.rows(stage, settings, pool):
            table.try_row(row)
        fetched = (
            f"The {len(tokens.APPS)} API servers fetched the pool's keys {keys.requests} times."
        )
        for row in chain(
            sign_out.rows(stage, settings, pool), load_balancer.rows(stage), sign_in.rows(stage)
        ):
            table.try_row(row)
        table.say()
        table.say(_summary(table))
        table.say(fetched)
        if then is not None:
            then(pool, stage.addresses)
    return 1 if table.wrong else 0


def _summary(table: Table) -> str:
    if table.wrong:
        return f"{table.wrong} answers are wrong, {table.right} are as documented."
    return (
        f"All {table.right} answers are as documented: "
        f"{table.shown} in the table, {table.others} without a row of their own."
    )
