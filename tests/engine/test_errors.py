"""errors.py: the tree, the permanent reason codes, and what an error gives away (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    AuthError,
    CognitoGuardError,
    ConfigurationError,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    LoginTooWeak,
    MissingCredentials,
    Reason,
    RevocationsUnavailable,
    errors,
)

from .duplicates import WAYS

# Written out once more on purpose: dashboards and alarms of other people hold these texts.
PERMANENT = {
    MissingCredentials: {"missing_credentials"},
    InvalidRequest: {"malformed_authorization", "multiple_credentials"},
    InvalidToken: {
        "token_too_large",
        "malformed_token",
        "unsupported_algorithm",
        "unsupported_header",
        "unknown_issuer",
        "unknown_key",
        "bad_signature",
        "token_expired",
        "token_not_yet_valid",
        "wrong_token_use",
        "wrong_client",
        "wrong_resource",
        "malformed_claim",
        "sender_constrained",
        "wrong_signer",
        "identity_mismatch",
        "revoked",
        "check_failed",
    },
    LoginTooOld: {"login_too_old"},
    LoginTooWeak: {"login_too_weak"},
    AccessDenied: {
        "missing_scope",
        "missing_group",
        "missing_role",
        "missing_claim",
        "wrong_actor",
        "check_failed",
    },
}

EXAMPLES = [
    MissingCredentials("missing_credentials", "No token."),
    InvalidRequest("multiple_credentials", "Two tokens."),
    InvalidToken(Reason.TOKEN_EXPIRED, "Too late."),
    LoginTooOld("login_too_old", "Too long ago.", max_age=300),
    LoginTooOld("login_too_old", "Too long ago."),
    LoginTooWeak("login_too_weak", "Too weak.", acr_values=["gold", "silver"], max_age=60),
    AccessDenied("missing_scope", "No scope.", scopes=["orders/read", "orders/write"]),
    AccessDenied("check_failed", "No."),
    KeysUnavailable(17),
    RevocationsUnavailable(17),
    ConfigurationError("client_ids must not be empty"),
]


@pytest.mark.parametrize("error", PERMANENT, ids=lambda error: error.__name__)
def test_reasons_are_permanent(error: type[AuthError]) -> None:
    """Each error has exactly the documented reasons, spelt as documented."""
    assert {str(reason) for reason in error.reasons} == PERMANENT[error]


def test_every_reason_has_an_error() -> None:
    """No reason code exists that no error can carry."""
    carried = {reason for error in PERMANENT for reason in error.reasons}

    unavailable = {KeysUnavailable.reason, RevocationsUnavailable.reason}

    assert carried | unavailable == set(Reason)
    assert unavailable == {"keys_unavailable", "revocations_unavailable"}


def test_the_tree_is_as_drawn() -> None:
    """The tree in the module's docstring shows every error class below the right one."""
    drawing = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    names = [line.partition("── ")[2].split()[0].partition("(")[0] for line in drawing]
    depths = [line.index("──") for line in drawing]

    classes = [getattr(errors, name) for name in names]

    # Sign-in has errors of its own, which are there once somebody has imported them.
    below = [CognitoGuardError]
    for one in below:
        below += one.__subclasses__()
    assert set(classes) == {one for one in below[1:] if one.__module__ == errors.__name__}
    above: dict[int, type[CognitoGuardError]] = {-1: CognitoGuardError}
    for one, depth in zip(classes, depths, strict=True):
        parent = above[max(each for each in above if each < depth)]
        assert one.__bases__ == (parent,)
        above = {each: kind for each, kind in above.items() if each < depth} | {depth: one}


@pytest.mark.parametrize("error", PERMANENT, ids=lambda error: error.__name__)
def test_foreign_reasons_are_refused(error: type[AuthError]) -> None:
    """An error cannot be raised for a reason that belongs to another one, or to none."""
    for reason in set(Reason) - error.reasons:
        with pytest.raises(ValueError, match="is no reason of"):
            error(reason, "A sentence.")
    with pytest.raises(ValueError, match="is not a valid Reason"):
        error("made_up", "A sentence.")


def test_the_base_is_not_raised_itself() -> None:
    """``AuthError`` is for catching: it has no reason of its own."""
    for reason in Reason:
        with pytest.raises(ValueError, match="is no reason of AuthError"):
            AuthError(reason, "A sentence.")


@pytest.mark.parametrize("error", EXAMPLES, ids=repr)
@pytest.mark.parametrize("duplicate", WAYS)
def test_errors_travel(error: CognitoGuardError, duplicate: Callable[[Any], Any]) -> None:
    """An error survives copying and pickling, as process pools and task queues do it, whole."""
    twin = duplicate(error)

    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_an_error_says_reason_and_detail() -> None:
    """The text of an error is its reason code and its sentence."""
    error = InvalidToken("token_expired", "The token has expired.")

    assert error.reason is Reason.TOKEN_EXPIRED
    assert str(error) == "token_expired: The token has expired."


@pytest.mark.parametrize(("given", "told"), [(-5, 1), (0, 1), (1, 1), (30, 30)])
def test_a_retry_is_never_told_to_come_at_once(given: int, told: int) -> None:
    """``retry_after`` is at least a second, so that clients do not spin."""
    error = KeysUnavailable(given)

    assert KeysUnavailable().retry_after == 1
    assert error.retry_after == told
    assert str(error) == f"keys_unavailable: {error.detail}"
