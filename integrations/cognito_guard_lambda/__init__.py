"""cognito_guard for AWS Lambda: who calls a function through API Gateway, a function URL, a load
balancer or AppSync, and an authorizer for the first and the last of them.
"""

import typing

from .guarded import guarded

# A function needs one of these, if any, and each cold start pays for what is loaded. So they are
# loaded when somebody names them (PEP 562), by `__getattr__` below.
if typing.TYPE_CHECKING:
    from .authenticating import aauthenticate, authenticate
    from .authorizer import Authorizer, Unauthorized
    from .metadata import answer_metadata
    from .trusted import trust_authorizer

__all__ = [
    "Authorizer",
    "Unauthorized",
    "aauthenticate",
    "answer_metadata",
    "authenticate",
    "guarded",
    "trust_authorizer",
]

_LATER = {
    "Authorizer": ".authorizer",
    "Unauthorized": ".authorizer",
    "aauthenticate": ".authenticating",
    "answer_metadata": ".metadata",
    "authenticate": ".authenticating",
    "trust_authorizer": ".trusted",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_LATER[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
