"""A local user pool and a local load balancer, for tests, demos and development.

Their tokens are really signed and their keys are really served; only AWS is replaced. Needs the
extra ``cognito-guard[testing]``.
"""

from .clients import LocalClient
from .clock import LocalClock
from .faults import Fault
from .gateway import LocalApiGateway, LocalAuthorizer
from .load_balancer import LocalLoadBalancer
from .managed_login import PoolServer, TokenFault
from .pool import LocalUserPool
from .proxy import LocalListener
from .refusals import Refusal, capture_refusals
from .routes import open_routes
from .server import JwksServer, PemServer
from .triggers import LocalTriggers
from .users import LocalUser

__all__ = [
    "Fault",
    "JwksServer",
    "LocalApiGateway",
    "LocalAuthorizer",
    "LocalClient",
    "LocalClock",
    "LocalListener",
    "LocalLoadBalancer",
    "LocalTriggers",
    "LocalUser",
    "LocalUserPool",
    "PemServer",
    "PoolServer",
    "Refusal",
    "TokenFault",
    "capture_refusals",
    "open_routes",
]
