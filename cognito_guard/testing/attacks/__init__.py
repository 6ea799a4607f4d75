"""Attacks on an app's authentication: a named corpus, built from a local pool's own keys.

.. code-block:: python

    from cognito_guard.testing import LocalUserPool, attacks

    pool = LocalUserPool()
    ...  # an app whose guard trusts pool.trust(), and a client of it
    attacks.run(lambda attempt: client.get("/orders", headers=attempt.headers), pool)

Each :class:`Attack` has a stable name, a sentence that says what it tries, and the reasons for
which it must be refused. Most are tokens with a real signature of the trusted key, so only the
check in question prevents an identity.
"""

from .attack import Attack
from .attempt import Attempt
from .corpus import CORPUS, build
from .forge import Forge
from .running import arun, run

__all__ = ["CORPUS", "Attack", "Attempt", "Forge", "arun", "build", "run"]
