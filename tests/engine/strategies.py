"""Strategies: what hypothesis makes tokens, requests and settings from."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from .forge import NOW, b64

# The same examples in every run, and no clock that fails on a busy machine.
repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=200)

# Every character there is, those that no UTF-8 can hold as well.
any_text = st.text(st.characters())
# What a token is made of, and a little of what it is not.
token_like = st.text(st.sampled_from('AQgwZmo9_-.+/= \n\u00e9{}"e'), max_size=60)
segments = st.lists(st.binary(max_size=40).map(b64), min_size=1, max_size=5).map(".".join)
# What JSON is made of, and a little of what other readers take for it.
json_like = st.text(
    st.sampled_from('{}[]",:\\u0dDeE+-.1aNInfinity \n\ttruefalsenull\ufeff'), max_size=30
)

_numbers = (
    st.integers()
    | st.integers(min_value=10**12, max_value=10**40)
    | st.sampled_from([10**4000, -(10**4000), 10**308, -(10**309), NOW, NOW + 1, 2**63, -1])
    | st.floats(allow_nan=False, allow_infinity=False)
)
json_values = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def names(text: str) -> st.SearchStrategy[str]:
    """One of these words."""
    return st.sampled_from(text.split())


claim_names = names(
    "iss sub aud exp nbf iat auth_time jti origin_jti token_use client_id scope username cnf act"
    " acr amr email email_verified identities device_key cognito:username cognito:groups"
    " cognito:roles custom:role"
)
header_names = names("alg kid typ cty crit b64 zip jwk jku x5c")
argument_names = names(
    "user_pool_id client_ids token_use resources issuer jwks role_claim split_roles leeway checks"
)
setting_names = names(
    "USER_POOL_ID CLIENT_IDS TOKEN_USE RESOURCES ISSUER ROLE_CLAIM SPLIT_ROLES LEEWAY CHECKS REALM"
    " MAX_TOKEN_BYTES CACHE_BYTES COOKIE COOKIE_PATH USER_POOLS JWKS"
    " ALB_ARNS ALB_CLIENT_ID ALB_ISSUER ALB_USER_POOL_ID ALB_JWKS ALB_KEYS ALB_LEEWAY"
    " ALB_ROLE_CLAIM ALB_SPLIT_ROLES ALB_CHECKS XYZZY"
)
_good_values = st.sampled_from(
    [
        "eu-west-1_AbC123xyz",
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef",
        "one",
        ["one"],
        "https://issuer.example",
        "https://issuer.example/keys",
        {"keys": []},
        "any",
        True,
        30,
    ]
)
setting_texts = (
    any_text | json_values.map(json.dumps) | _good_values.filter(lambda v: type(v) is str)
)
arguments = json_values | _good_values | st.binary(max_size=5) | st.just(object()) | st.just(print)

_lines = any_text | any_text.map("Bearer {}".format) | token_like.map("bearer {}".format)
header_lines: st.SearchStrategy[Any] = _lines | st.binary() | st.binary().map(b"Bearer ".__add__)
# A place in a text, how much to take out there, and what to put in.
edits = st.tuples(st.integers(0, 2000), st.integers(0, 3), token_like | any_text)
