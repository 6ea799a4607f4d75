"""A user pool and a load balancer of one's own, for tests, demos and local development.

Their tokens are really signed and their keys are really served; only AWS is missing. Needs the
extra ``cognito-guard[testing]``.
"""

from .faults import Fault
from .load_balancer import LocalLoadBalancer
from .pool import LocalUserPool
from .proxy import LocalListener
from .server import JwksServer, PemServer
from .users import LocalUser

__all__ = [
    "Fault",
    "JwksServer",
    "LocalListener",
    "LocalLoadBalancer",
    "LocalUser",
    "LocalUserPool",
    "PemServer",
]
