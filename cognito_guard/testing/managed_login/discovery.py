"""What the issuer says of itself: its keys, and where everything is."""

from __future__ import annotations

from ..wire import Page
from .answers import json_page
from .state import Call, State

__all__ = ["configuration", "keys"]


def keys(state: State, call: Call) -> Page:
    """``/.well-known/jwks.json``: the pool's keys of this moment."""
    return json_page(state.pool.jwks())


def configuration(state: State, call: Call) -> Page:
    """``/.well-known/openid-configuration`` (OpenID Connect Discovery, section 3)."""
    origin = state.origin
    register = {"registration_endpoint": f"{origin}/oauth2/register"}
    return json_page(
        {
            **(register if state.registration_scopes is not None else {}),
            "client_id_metadata_document_supported": state.knows_documents,
            "issuer": state.issuer,
            "jwks_uri": f"{state.issuer}/.well-known/jwks.json",
            "authorization_endpoint": f"{origin}/oauth2/authorize",
            "token_endpoint": f"{origin}/oauth2/token",
            "userinfo_endpoint": f"{origin}/oauth2/userInfo",
            "revocation_endpoint": f"{origin}/oauth2/revoke",
            "end_session_endpoint": f"{origin}/logout",
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "code_challenge_methods_supported": ["S256"],
        }
    )
