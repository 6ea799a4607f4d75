"""Ways to misuse the test kit, each an error under both checkers."""

from cognito_guard.testing import LocalLoadBalancer, LocalUser, LocalUserPool


def users(pool: LocalUserPool) -> None:
    """A user is said as a whole, and stays so."""
    LocalUser()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LocalUser("ada", group="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LocalUserPool(users=["ada"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    pool.user("ada").groups = ["admins"]  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def load_balancers(balancer: LocalLoadBalancer, url: str) -> None:
    """A typing error must not open anything."""
    LocalLoadBalancer("arn:aws:elasticloadbalancing")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    balancer.listen(url, on_unauthenticated_request="Allow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    balancer.listen(url, rules={"/": "open"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    balancer.listen(url, on_unauthenticated="deny")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    balancer.listen()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
