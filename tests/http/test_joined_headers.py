"""``Authorization`` headers that a server joined into one, and single ones that look alike."""

from __future__ import annotations

import pytest

from cognito_guard import AuthorizationHeader, InvalidRequest, Reason


@pytest.mark.parametrize(
    "value",
    [
        "Basic YTpi,Bearer a.b.c",
        "Basic YTpi, Bearer a.b.c",
        "Basic YTpi, Basic YTpi",
        "Basic YTpi,",
        ",Bearer a.b.c",
        'Digest username="a", nc=1, Bearer a.b.c',
        'Digest username="a",Bearer',
        "Bearer a.b.c,Bearer a.b.c",
        "Bearer a.b.c, Basic YTpi",
        "Bearer a.b.c,",
        "Bearer,a.b.c",
    ],
)
def test_joined(value: str) -> None:
    """Two headers are refused as two, also where a server has made one of them (RFC 9110, 5.3)."""
    with pytest.raises(InvalidRequest) as refusal:
        AuthorizationHeader().find(lambda name: [value])
    assert refusal.value.reason == Reason.MULTIPLE_CREDENTIALS


@pytest.mark.parametrize(
    "value",
    [
        'Digest username="a, b", uri="/x,Bearer a.b.c", qop=auth,nc=00000001',
        "AWS4-HMAC-SHA256 Credential=A/20/x,SignedHeaders=host;x-amz-date, Signature=fe",
        'OAuth realm="a",\toauth_token="b"',
        "Basic YTpi",
    ],
    ids=["Digest", "AWS4-HMAC-SHA256", "OAuth 1.0", "Basic"],
)
def test_one_header_with_commas(value: str) -> None:
    """Another scheme's parameters are separated by commas, and that is still one credential."""
    assert AuthorizationHeader().find(lambda name: [value]) is None
