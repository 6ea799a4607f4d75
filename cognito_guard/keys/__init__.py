"""Key sets: given a ``kid``, a key. Static ones, remote ones, and two addresses of one pool.

The others are not named here, and are loaded where there are any: ``remote``, ``saved`` and
``sibling`` fetch keys, ``static`` holds keys that were given. A process that has its keys in a file
starts without them.
"""

try:
    import cryptography.exceptions  # noqa: F401  # the first of it that anything here loads
except ImportError as error:
    if "subinterpreter" not in str(error):
        raise
    raise ImportError(
        "cryptography, which verifies signatures, loads in one interpreter of a process only; "
        "under mod_wsgi, set WSGIApplicationGroup %{GLOBAL}"
    ) from error

from .file import FileKeySet
from .key_set import KeySet

__all__ = [
    "FileKeySet",
    "KeySet",
]
