"""django-cognito-jwt: a `TokenValidator` for each call, as its authentication makes one.

With its cache of public keys, filled beforehand, as the address of the keys is not a setting. The
audience is not asked for: it looks for it in `aud`, which access tokens do not have.
"""

from __future__ import annotations

import json

import django
from django.conf import settings
from worker import Worker, material

settings.configure(COGNITO_PUBLIC_KEYS_CACHING_ENABLED=True)
django.setup()

from django.core.cache import cache  # noqa: E402 - needs the settings
from django_cognito_jwt.validator import TokenValidator  # noqa: E402

given = material()
for key in given["jwks"]["keys"]:
    cache.set(f"django_cognito_jwt:{key['kid']}", json.dumps(key), timeout=None)


def verify(token: str) -> None:
    """Its own checks."""
    TokenValidator(given["region"], given["user_pool_id"], None).validate(token)


Worker("django-cognito-jwt", given, {"verify": verify}).serve()
