"""Mistakes with Flask, each on a line that must not compile."""

from flask import Flask

from cognito_guard import Guard, UserPool
from cognito_guard_flask import CognitoGuard, current_identity


def extension(app: Flask, guard: Guard, pool: UserPool) -> None:
    """The extension's arguments."""
    CognitoGuard(guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoGuard(app, guard)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoGuard(guard=pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoGuard(required=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoGuard().init_app(app, guard)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoGuard().init_app(guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def decorators(cognito: CognitoGuard) -> None:
    """The decorators' arguments."""
    cognito.required("admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    cognito.required(group="admins")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    cognito.required(groups=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    cognito.required(policy="admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    cognito.required(groups="admins")("not a view")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    cognito.optional()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    cognito.optional(groups="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def whole_apps(app: Flask, cognito: CognitoGuard) -> None:
    """The arguments of ``protect``."""
    cognito.protect()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    cognito.protect("shop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cognito.protect(app, exempt=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cognito.protect(app, exempt=[b"health"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    cognito.protect(app, except_for=["health"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def callers(cognito: CognitoGuard) -> None:
    """What a caller has, and what may be asked of him."""
    cognito.identify().subject  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    cognito.enforce("admins")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cognito.enforce(groups="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    current_identity.name  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    current_identity.subject = "somebody else"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
