"""What CognitoMiddleware has found out about a request. ``requires`` believes nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, final

from cognito_guard import ExemptPaths, Guard, Identity, MissingCredentials, StepUpRequired

if TYPE_CHECKING:
    from cognito_guard.login import LoginSession

    from .marks import Marks
    from .refusal import Page, Scope
    from .signed_in import SignedIn

__all__ = ["KEY", "Caller", "caller_of", "full_path", "relative_path", "root_path"]

KEY = "cognito_guard"
"""Where it is in the scope. ``scope["user"]`` may be replaced by anybody's middleware, so it is for
endpoints to read, and no guard goes by it."""


@final
class Caller:
    """Who is calling, as ``guard`` has it; ``None`` where nobody has been identified.

    ``preflight``: the request is a CORS preflight to an app that needs a caller; no endpoint may
    run for it. ``exempt``: the paths that let the request in, where it was one of them that did.
    ``outer``: what a CognitoMiddleware further out has said, which still holds. ``required``:
    nobody is let in who has not been identified.

    Where there is sign-in: ``signed_in``, what asked for the session; ``session``, if there is one;
    ``method``, the one that the request with a session, or for a route of sign-in, came with;
    ``marks``, what the answer says; ``page``, whether ``login_required`` has let somebody in.
    """

    __slots__ = (
        *("exempt", "guard", "identity", "marks", "method", "outer", "page", "path"),
        *("preflight", "required", "root_path", "session", "signed_in"),
    )

    def __init__(
        self,
        guard: Guard,
        scope: Mapping[str, Any],
        *,
        required: bool,
        outer: Caller | None = None,
    ) -> None:
        self.guard = guard
        self.path: str = scope["path"]
        self.root_path: str = scope.get("root_path") or ""
        self.required = required
        self.identity: Identity | None = None
        self.preflight = False
        self.exempt: ExemptPaths | None = None
        self.outer = outer
        self.signed_in: SignedIn | None = None
        self.session: LoginSession | None = None
        self.marks: Marks | None = None
        self.page = False
        self.method: str | None = None

    def missing(self) -> MissingCredentials:
        """What there is to raise where there is no identity."""
        return self.guard.missing_credentials()

    def led_from(self, scope: Scope, error: object) -> Page | None:
        """What leads a browser through the stronger sign-in that a page of an app's asks for with
        ``error``, and back; ``None`` for others."""
        if not self.page or self.signed_in is None or not isinstance(error, StepUpRequired):
            return None
        return self.signed_in.led_from(scope, error)

    def and_outer(self) -> Iterator[Caller]:
        """What this says, and then each that is further out."""
        one: Caller | None = self
        while one is not None:
            yield one
            one = one.outer


def caller_of(scope: Mapping[str, Any]) -> Caller | None:
    """What the innermost CognitoMiddleware said of a request."""
    found = scope.get(KEY)
    return found if isinstance(found, Caller) else None


def root_path(scope: Mapping[str, Any]) -> str:
    """Where the app is mounted."""
    return scope.get("root_path") or ""


def relative_path(scope: Mapping[str, Any]) -> str:
    """The path below ``root_path``, whether or not the server has that inside the path."""
    path: str = scope["path"]
    root = scope.get("root_path")
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :]
    return path


def full_path(scope: Mapping[str, Any]) -> str:
    """The path as a browser has it, whether or not the server has ``root_path`` inside."""
    root: str = scope.get("root_path") or ""
    return root + relative_path(scope)
