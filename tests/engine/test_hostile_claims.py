"""Well-signed tokens whose claims are not to be trusted.

One rule for the reasons: a required claim that is missing, or a claim of another type than it
should have, is ``malformed_claim``; a value that is not accepted has a reason of its own.
"""

from __future__ import annotations

import pytest

from cognito_guard import Reason

from .forge import NOW, OMIT, Forge, WatchedKeys, b64, to_json
from .recipes import Recipe, claims, id_claims, tables
from .refusal import assert_refused

ISSUER = Forge.issuer
CLIENT = Forge.client_id

# Refused before the key is asked for.
TIMES_AND_PARTIES: dict[Reason, dict[str, Recipe]] = {
    Reason.MALFORMED_CLAIM: {
        "exp missing": claims(exp=OMIT),
        "exp a string": claims(exp="tomorrow"),
        "exp a digit string": claims(exp=str(NOW + 3600)),
        "exp a bool": claims(exp=True),
        "exp null": claims(exp=None),
        "exp a list": claims(exp=[NOW + 3600]),
        "exp an object": claims(exp={"at": NOW + 3600}),
        "exp 1e30": claims(exp=1e30),
        "exp of 4,000 digits": claims(exp=10**3999),
        "exp of 4,000 digits after a minus": claims(exp=-(10**3999)),
        "iss missing": claims(iss=OMIT),
        "iss null": claims(iss=None),
        "iss empty": claims(iss=""),
        "iss a list": claims(iss=[ISSUER]),
        "iss an object": claims(iss={ISSUER: 1}),
        "token_use missing": claims(token_use=OMIT),
        "token_use null": claims(token_use=None),
        "token_use empty": claims(token_use=""),
        "token_use a list": claims(token_use=["access"]),
        "token_use stripped from an ID token": id_claims(token_use=OMIT),
        "client_id missing": claims(client_id=OMIT),
        "client_id missing, aud in its place": claims(client_id=OMIT, aud=CLIENT),
        "client_id null": claims(client_id=None),
        "client_id empty": claims(client_id=""),
        "client_id a list": claims(client_id=[CLIENT]),
        "client_id an object": claims(client_id={CLIENT: True}),
    },
    Reason.TOKEN_EXPIRED: {
        "exp now": claims(exp=NOW),
        "exp now, a float": claims(exp=float(NOW)),
        "exp a moment ago": claims(exp=NOW - 1),
        "exp zero": claims(exp=0),
        "exp negative": claims(exp=-(NOW + 3600)),
    },
    Reason.UNKNOWN_ISSUER: {
        "iss a prefix": claims(iss=ISSUER[:-1]),
        "iss prolonged": claims(iss=ISSUER + "0"),
        "iss with a slash": claims(iss=ISSUER + "/"),
        "iss with a space": claims(iss=ISSUER + " "),
        "iss in another case": claims(iss=ISSUER.upper()),
        "iss with a host in another case": claims(iss=ISSUER.replace("amazonaws", "Amazonaws")),
        "iss over http": claims(iss=ISSUER.replace("https", "http")),
        "iss without scheme": claims(iss=ISSUER.removeprefix("https://")),
        "iss with a port": claims(iss=ISSUER.replace(".com", ".com:443")),
        "iss of another region": claims(
            iss=ISSUER.replace("cognito-idp.eu-west-1", "cognito-idp.eu-west-2")
        ),
        "iss of another pool": claims(iss=ISSUER.replace("ForgedPool", "OtherPool")),
        "iss of another company": claims(iss="https://accounts.example.com"),
    },
    Reason.WRONG_TOKEN_USE: {
        "token_use in capitals": claims(token_use="ACCESS"),
        "token_use with a space": claims(token_use="access "),
        "token_use any": claims(token_use="any"),
        "token_use made up": claims(token_use="refresh"),
        "token_use id": claims(token_use="id"),
        "token_use ID": id_claims(token_use="ID"),
        "an ID token": id_claims(),
        "an ID token with a client_id": id_claims(client_id=CLIENT),
    },
    Reason.WRONG_CLIENT: {
        "client_id of another client": claims(client_id="9example97531086"),
        "client_id a prefix": claims(client_id=CLIENT[:-1]),
        "client_id prolonged": claims(client_id=CLIENT + "0"),
        "client_id in another case": claims(client_id=CLIENT.upper()),
        "client_id of several": claims(client_id=f"{CLIENT} 9example97531086"),
        "client_id of another client, aud ours": claims(client_id="9example97531086", aud=CLIENT),
    },
}

# Refused when the signature has been found good.
CONTENTS: dict[Reason, dict[str, Recipe]] = {
    Reason.MALFORMED_CLAIM: {
        "sub missing": claims(sub=OMIT),
        "sub null": claims(sub=None),
        "sub empty": claims(sub=""),
        "sub a number": claims(sub=1),
        "sub a list": claims(sub=["a0000001-subject-of-the-forge"]),
        "nbf a string": claims(nbf=str(NOW)),
        "nbf a bool": claims(nbf=True),
        "nbf null": claims(nbf=None),
        "nbf 1e30": claims(nbf=1e30),
        "iat a string": claims(iat=str(NOW)),
        "iat a bool": claims(iat=False),
        "iat null": claims(iat=None),
        "iat -1e30": claims(iat=-1e30),
        "auth_time a string": claims(auth_time=str(NOW)),
        "auth_time a bool": claims(auth_time=True),
        "auth_time of 4,000 digits after a minus": claims(auth_time=-(10**3999)),
        "jti a number": claims(jti=1),
        "jti null": claims(jti=None),
        "origin_jti a list": claims(origin_jti=["c0000003-sign-in-at-the-forge"]),
        "username null": claims(username=None),
        "username empty": claims(username=""),
        "username a list": claims(username=["forged.alice"]),
        "scope a list": claims(scope=["orders/read"]),
        "scope null": claims(scope=None),
        "scope a number": claims(scope=1),
        "groups a string": claims({"cognito:groups": "admins"}),
        "groups null": claims({"cognito:groups": None}),
        "groups nested": claims({"cognito:groups": [["admins"]]}),
        "groups with numbers": claims({"cognito:groups": ["admins", 1]}),
        "groups with null": claims({"cognito:groups": [None]}),
        "groups an object": claims({"cognito:groups": {"admins": True}}),
        "role a number": claims({"custom:role": 1}),
        "role a bool": claims({"custom:role": True}),
        "role null": claims({"custom:role": None}),
        "role nested": claims({"custom:role": [["editor"]]}),
        "role an object": claims({"custom:role": {"editor": True}}),
        "aud a number": claims(aud=1),
        "aud null": claims(aud=None),
        "aud a list of numbers": claims(aud=[1]),
    },
    Reason.TOKEN_NOT_YET_VALID: {
        "nbf ahead": claims(nbf=NOW + 1),
        "nbf a moment ahead": claims(nbf=NOW + 0.001),
    },
    Reason.SENDER_CONSTRAINED: {
        "cnf with a thumbprint": claims(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        "cnf empty": claims(cnf={}),
        "cnf null": claims(cnf=None),
        "cnf false": claims(cnf=False),
    },
}


@pytest.mark.parametrize(("recipe", "reason"), tables(TIMES_AND_PARTIES))
def test_refused_before_a_key_is_asked_for(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """What is no live access token of our pool and client is refused without a look at keys."""
    keys = WatchedKeys({"keys": [forge.jwk()]})

    assert_refused(forge.guard(jwks=keys), recipe(forge), reason)

    assert keys.asked == []


@pytest.mark.parametrize(("recipe", "reason"), tables(CONTENTS))
def test_refused_in_spite_of_the_signature(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """A good signature does not make up for a claim that is not what Cognito documents."""
    assert_refused(forge.guard(), recipe(forge), reason)


@pytest.mark.parametrize(
    "recipe",
    [
        claims(exp=NOW + 1),
        claims(exp=NOW + 0.5),
        claims(exp=float(NOW + 3600)),
        claims(iat=NOW + 600),
        claims(iat=OMIT, auth_time=OMIT, jti=OMIT, origin_jti=OMIT, scope=OMIT, username=OMIT),
        claims(nbf=NOW),
        claims(nbf=float(NOW)),
        claims(nbf=-1),
        claims(aud="anything"),
        claims(aud=["one", "two"]),
        claims({"cognito:groups": []}),
        claims({"custom:role": ["editor", "author"]}),
        claims(sub="not-a-uuid"),
        claims(version=2, device_key="eu-west-1_device", act={"sub": "agent"}),
    ],
    ids=[
        "exp in a second",
        "exp in half a second",
        "exp a float",
        "iat ahead",
        "optional claims missing",
        "nbf now",
        "nbf now, a float",
        "nbf negative",
        "aud not asked for",
        "aud a list, not asked for",
        "groups empty",
        "roles a list",
        "sub no UUID",
        "more claims",
    ],
)
def test_unusual_but_good(forge: Forge, recipe: Recipe) -> None:
    """What Cognito may send and nobody forbids is accepted."""
    assert forge.guard().verify(recipe(forge)).client_id == CLIENT


def test_an_unsigned_copy_of_good_claims(forge: Forge) -> None:
    """Claims that would all be accepted are worth nothing without the signature."""
    good = forge.token()
    header, _, signature = good.split(".")
    promoted = b64(to_json(forge.claims({"cognito:groups": ["admins"]})))

    assert_refused(forge.guard(), f"{header}.{promoted}.{signature}", Reason.BAD_SIGNATURE)
