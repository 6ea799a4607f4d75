"""A local API Gateway, function URL and load balancer in front of Lambda handlers."""

from .authorizers import LocalAuthorizer
from .gateway import LocalApiGateway

__all__ = ["LocalApiGateway", "LocalAuthorizer"]
