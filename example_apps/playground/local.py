"""Who signs on the page: the pool and the load balancer that are trusted, and others like them."""

from __future__ import annotations

from cognito_guard import Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUser, LocalUserPool

__all__ = ["OTHER_CLIENT", "Local"]

OTHER_CLIENT = "7another89client"
_OTHER_ARN = (
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/other/0123456789abcdef"
)
_USERS = (
    LocalUser("alice", claims={"name": "Alice Liddell"}),
    LocalUser("ada", groups=["admins"], claims={"name": "Ada Lovelace"}),
)


class Local:
    """The trusted pool and load balancer, the guards that trust them, and the others."""

    def __init__(self) -> None:
        self.pool = LocalUserPool(users=_USERS)
        self.other_pool = LocalUserPool("eu-west-1_OtherPool", users=_USERS)
        self.balancer = LocalLoadBalancer(self.pool)
        self.foreign_balancer = LocalLoadBalancer(self.pool, arn=_OTHER_ARN)
        # The same load balancer, with a listener that signs users in elsewhere.
        key = self.balancer.private_key()
        self.balancer_of_other_pool = LocalLoadBalancer(self.other_pool, private_key=key)
        self.balancer_of_other_client = LocalLoadBalancer(
            self.pool, client_id=OTHER_CLIENT, private_key=key
        )
        trusted = self.pool.trust(allow_outside_tests=True)
        # Without a cache: nothing of a request is kept.
        self.guard = Guard(trusted, cache_entries=0)
        self.balanced_guard = Guard(
            self.balancer.trust(user_pool=trusted, allow_outside_tests=True), cache_entries=0
        )
