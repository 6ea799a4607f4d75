"""A user pool and a load balancer of one's own, for tests, demos and local development.

Their tokens are really signed and their keys are really served; only AWS is missing. Needs the
extra ``cognito-guard[testing]``.
"""

from .faults import Fault
from .load_balancer import LocalLoadBalancer
from .pool import LocalUserPool
from .server import JwksServer, PemServer

__all__ = ["Fault", "JwksServer", "LocalLoadBalancer", "LocalUserPool", "PemServer"]
