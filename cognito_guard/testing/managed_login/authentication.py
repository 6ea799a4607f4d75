"""Which client asks: ``client_secret_basic``, ``client_secret_post``, or a public one."""

from __future__ import annotations

from base64 import b64decode
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import unquote_plus

from ..clients import LocalClient
from ..web.forms import body_of, fields_of
from ..web.http1 import Request
from .answers import OAuthError
from .state import Call, State

__all__ = ["authenticated", "form_of", "same_secret"]

_FORM = "application/x-www-form-urlencoded"


def form_of(call: Call) -> dict[str, str]:
    """The form that was posted. Raises :class:`OAuthError`."""
    kinds = call.request.values("content-type")
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", f"Send a form as {_FORM}.")
    try:
        return fields_of(body_of(call.exchange).decode("ascii"))
    except ValueError:
        raise OAuthError("invalid_request", "The form is not good.") from None


def authenticated(
    state: State, call: Call, form: dict[str, str], status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> LocalClient:
    """The client that sent a form.

    Raises :class:`OAuthError`, ``invalid_client`` with ``status``, if it is not who it says it is.
    """
    refused = OAuthError("invalid_client", None, status)
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if call.request.values("authorization"):
        named, basic = _basic(call.request, refused)
        if secret is not None:
            raise OAuthError("invalid_request", "Authenticate in one way, not in two.")
        if client_id not in (None, named):
            raise refused
        client_id, secret = named, basic
    if client_id is None:
        raise OAuthError("invalid_request", "client_id is missing.")
    client = state.clients.get(client_id)
    if client is None or not same_secret(client, secret):
        raise refused
    return client


def same_secret(client: LocalClient, secret: object) -> bool:
    """Whether a secret is the client's. A public client has none, and must not send one."""
    if client.secret is None or not isinstance(secret, str):
        return client.secret is secret
    return compare_digest(client.secret.encode(), secret.encode("utf-8", "surrogatepass"))


def _basic(request: Request, refused: OAuthError) -> tuple[str, str]:
    values = request.values("authorization")
    scheme, _, encoded = values[0].partition(" ")
    if len(values) != 1 or scheme.lower() != "basic":
        raise refused
    try:
        name, colon, secret = (
            b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        )
    except ValueError:
        raise refused from None
    if not colon:
        raise refused
    # RFC 6749, section 2.3.1 has both encoded as in a form; many clients do not, and a plus sign
    # is then one.
    return _plain(name), _plain(secret)


def _plain(text: str) -> str:
    return unquote_plus(text) if "%" in text else text
