"""What Lambda calls. The guard is created once, when the environment of the function starts.

Its settings are environment variables, as in `template.yaml`; `COGNITO_JWKS` is the file that
`cognito-guard jwks --save` wrote when the function was built.
"""

from __future__ import annotations

from cognito_guard import Guard
from cognito_guard_lambda import Authorizer

from .app import create_app, create_connect

guard = Guard.from_env()

# Behind an HTTP API, a function URL or a load balancer: each handler is guarded in code.
handler = create_app(guard)

# The $connect of a WebSocket API.
connect = create_connect(guard)

# The authorizer of a REST API, for routes whose functions have no guard of their own. It covers the
# whole API, so API Gateway may cache its answers by the token alone.
authorizer = Authorizer(guard, covers="api")
