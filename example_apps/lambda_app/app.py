"""Lambda functions whose callers come from a user pool.

`create_app` takes your own guard. `function.py` contains what Lambda calls, with a guard from the
environment of the function. `template.yaml` deploys it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cognito_guard import Guard, Identity
from cognito_guard_lambda import answer_metadata, guarded

Handler = Callable[[Any, Any], Any]


def answer(body: Mapping[str, Any], status: int = 200) -> dict[str, Any]:
    """The answer that API Gateway, function URLs and load balancers expect."""
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def home(event: Any, context: Any) -> Any:
    """A public handler. It is not guarded, so no token is checked."""
    return answer({"hello": "world"})


def me(event: Any, context: Any, identity: Identity) -> Any:
    """For every caller with a valid token."""
    return answer(
        {
            "subject": identity.subject,
            "username": identity.username,
            "groups": identity.groups,
            "scopes": identity.scopes,
            "roles": identity.roles,
            "machine": identity.is_machine,
        }
    )


def orders(event: Any, context: Any, identity: Identity) -> Any:
    """For a scope: what the client may do."""
    return answer({"orders": []})


def admin(event: Any, context: Any, identity: Identity) -> Any:
    """For a group of the user pool."""
    return answer({"admin": identity.subject})


def editor(event: Any, context: Any, identity: Identity) -> Any:
    """For a role in `custom:role`. Make sure that users cannot write that attribute."""
    return answer({"editor": identity.subject})


def refunds(event: Any, context: Any, identity: Identity) -> Any:
    """For users who signed in with several factors."""
    return answer({"refunds": []})


def payouts(event: Any, context: Any, identity: Identity) -> Any:
    """For a sign-in at this level or a higher one, in the last five minutes."""
    return answer({"payouts": []})


def connect(event: Any, context: Any, identity: Identity) -> Any:
    """An admin opens a WebSocket. Store the identity under its `connectionId`, which is in the
    `requestContext`: no later event of the WebSocket carries a credential."""
    return answer({})


def create_handlers(guard: Guard) -> dict[str, Handler]:
    """Return a handler for each path."""
    return {
        "/": home,
        "/me": guarded(guard)(me),
        "/orders": guarded(guard, scopes="orders/read")(orders),
        "/admin": guarded(guard, groups="admins")(admin),
        "/editor": guarded(guard, roles="editor")(editor),
        "/refunds": guarded(guard, mfa=True)(refunds),
        "/payouts": guarded(guard, acr="urn:cognito:loa:3", max_age=300)(payouts),
    }


def create_connect(guard: Guard) -> Handler:
    """Return the handler of a WebSocket API's `$connect`. Decorator: `@guarded(guard, ...)`."""
    return guarded(guard, groups="admins")(connect)


def create_app(guard: Guard) -> Handler:
    """Return one function for all paths, as a function URL needs it."""
    handlers = create_handlers(guard)

    def handler(event: Any, context: Any) -> Any:
        # If the guard has a resource: its public metadata, which names the issuer (RFC 9728).
        metadata = answer_metadata(guard, event)
        if metadata is not None:
            return metadata
        # Payload format 2.0 calls it rawPath.
        path = event["rawPath"] if "rawPath" in event else event["path"]
        found = handlers.get(path)
        return answer({"title": "Not Found"}, 404) if found is None else found(event, context)

    return handler
