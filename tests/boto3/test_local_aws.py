"""From the sign-in at a user pool to an object in S3, with moto over HTTP, and what moto lacks in
front of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cognito_guard import ANY_CLIENT, Guard, InvalidToken
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard_boto3 import (
    IdentityPool,
    IdentityPoolUnknown,
    LoginRefused,
    Logins,
    RoleRefused,
)

from ..emulators.servers import moto_server
from ..needs import need

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")

from example_apps.local_aws import LocalAws  # noqa: E402
from example_apps.local_aws.account import Account, permission_policy  # noqa: E402


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """An AWS on this machine."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def account(aws: LocalAws) -> Iterator[Account]:
    """An account with two users."""
    account = Account.create(aws, "journal")
    for username in ("ada", "bob"):
        account.sign_up(username)
    yield account
    account.close()


FLOWS = ["enhanced", "basic"]


def pool_of(account: Account, flow: str = "enhanced", **more: Any) -> IdentityPool:
    """What an app writes."""
    if flow == "basic":
        more = {"role_arn": account.role_arn, "sts_url": account.aws.origin, **more}
    pool = more.pop("pool", account.trust())
    return IdentityPool(account.identity_pool_id, pool, flow=flow, url=account.aws.origin, **more)  # type: ignore[arg-type]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    """AWS's word."""
    found: str = error.value.response["Error"]["Code"]
    return found


@pytest.mark.parametrize("flow", FLOWS)
def test_from_the_sign_in_to_an_object(account: Account, flow: str) -> None:
    """A user reads, writes and lists under the own prefix, and gets 403 under another's."""
    with closing(pool_of(account, flow)) as identity_pool:
        tokens = {who: account.sign_in(who) for who in ("ada", "bob")}
        own = {who: identity_pool.credentials(tokens[who]).identity_id for who in tokens}
        assert own["ada"] != own["bob"]
        for who, other in (("ada", "bob"), ("bob", "ada")):
            session = identity_pool.session(lambda who=who: tokens[who])
            with closing(session.client("s3", endpoint_url=account.aws.origin)) as s3:
                mine, theirs = (
                    {"Bucket": account.bucket, "Key": f"{own[one]}/{flow}"} for one in (who, other)
                )
                s3.put_object(**mine, Body=who.encode())
                assert s3.get_object(**mine)["Body"].read() == who.encode()
                listed = s3.list_objects_v2(Bucket=account.bucket, Prefix=f"{own[who]}/")
                assert mine["Key"] in [one["Key"] for one in listed["Contents"]]
                tries: list[tuple[str, dict[str, Any]]] = [
                    ("put_object", {**theirs, "Body": b"mine"}),
                    ("get_object", theirs),
                    ("list_objects_v2", {"Bucket": account.bucket, "Prefix": f"{own[other]}/"}),
                    ("list_objects_v2", {"Bucket": account.bucket}),
                    ("list_buckets", {}),
                    ("delete_bucket", {"Bucket": account.bucket}),
                ]
                for operation, arguments in tries:
                    with pytest.raises(ClientError) as error:
                        getattr(s3, operation)(**arguments)
                    assert code(error) == "AccessDenied"
                    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            with closing(session.client("iam", endpoint_url=account.aws.origin)) as iam:
                with pytest.raises(ClientError) as error:
                    iam.list_users()
                assert code(error) == "AccessDenied"


def test_one_identity_for_a_user(account: Account) -> None:
    """Whichever sign-in, whichever flow."""
    found = set()
    for flow in FLOWS:
        with closing(pool_of(account, flow)) as identity_pool:
            found.add(identity_pool.credentials(account.sign_in("ada")).identity_id)
    assert len(found) == 1


def test_a_large_object(account: Account) -> None:
    """In parts, each signed by itself."""
    with closing(pool_of(account)) as identity_pool:
        token = account.sign_in("ada")
        session = identity_pool.session(lambda: token)
        key = f"{identity_pool.credentials(token).identity_id}/large"
        with closing(session.client("s3", endpoint_url=account.aws.origin)) as s3:
            place = {"Bucket": account.bucket, "Key": key}
            upload = s3.create_multipart_upload(**place)["UploadId"]
            part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"x" * 1000)
            parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
            s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
            assert s3.get_object(**place)["ContentLength"] == 1000


@pytest.mark.parametrize("flow", FLOWS)
def test_after_a_sign_out(account: Account, flow: str) -> None:
    """Of the guard's: nothing more is asked of S3."""
    revocations = MemoryRevocationList()
    with closing(pool_of(account, flow, revocations=revocations)) as identity_pool:
        token = account.sign_in("bob")
        identity_id = identity_pool.credentials(token).identity_id
        session = identity_pool.session(lambda: token)
        with closing(session.client("s3", endpoint_url=account.aws.origin)) as s3:
            place = {"Bucket": account.bucket, "Key": f"{identity_id}/after"}
            s3.put_object(**place, Body=b"x")
            guard = Guard(account.trust(), revocations=revocations)
            guard.sign_out_user(guard.verify(token).subject)
            with pytest.raises(InvalidToken) as refused:
                s3.get_object(**place)
            assert refused.value.reason == "revoked"


@pytest.mark.parametrize("flow", FLOWS)
def test_tokens_that_are_refused(account: Account, aws: LocalAws, flow: str) -> None:
    """Of another pool, another client, a changed one: by AWS, where we leave it to that."""
    other = Account.create(aws, f"other-{flow}")
    other.sign_up("ada")
    stranger = other.sign_in("ada")
    other.close()
    head, _, signature = account.sign_in("ada").rpartition(".")
    forged = f"{head}.{signature[:-8]}AAAAAAAA"
    with (
        closing(pool_of(account, flow, pool=other.trust())) as identity_pool,
        pytest.raises(LoginRefused),
    ):
        identity_pool.credentials(stranger)
    with closing(pool_of(account, flow, pool=account.trust(client_ids=ANY_CLIENT))) as lax:
        with pytest.raises((LoginRefused, InvalidToken)):
            lax.credentials(forged)
        with pytest.raises(InvalidToken):
            lax.credentials(stranger)


@pytest.mark.parametrize("flow", FLOWS)
def test_the_roles_trust(account: Account, aws: LocalAws, flow: str) -> None:
    """A role that another identity pool gives; none; and one that there is not."""
    other = Account.create(aws, f"trusting-{flow}")
    other.close()
    with closing(aws.client("cognito-identity")) as identities:
        identities.set_identity_pool_roles(
            IdentityPoolId=account.identity_pool_id, Roles={"authenticated": other.role_arn}
        )
        try:
            role = {"role_arn": other.role_arn} if flow == "basic" else {}
            with (
                closing(pool_of(account, flow, **role)) as identity_pool,
                pytest.raises(RoleRefused),
            ):
                identity_pool.credentials(account.sign_in("ada"))
        finally:
            identities.set_identity_pool_roles(
                IdentityPoolId=account.identity_pool_id, Roles={"authenticated": account.role_arn}
            )
    missing = "arn:aws:iam::123456789012:role/missing"
    with (
        closing(pool_of(account, "basic", role_arn=missing)) as identity_pool,
        pytest.raises(RoleRefused),
    ):
        identity_pool.credentials(account.sign_in("ada"))


def test_no_such_identity_pool(account: Account) -> None:
    """In that region."""
    pool = account.trust()
    missing = IdentityPool("eu-west-1:0000", pool, url=account.aws.origin)
    with closing(missing), pytest.raises(IdentityPoolUnknown):
        missing.credentials(account.sign_in("ada"))


def test_guests(account: Account) -> None:
    """An identity pool without them says so."""
    with (
        closing(pool_of(account, unauthenticated=True)) as identity_pool,
        pytest.raises(LoginRefused),
    ):
        identity_pool.credentials(Logins.unauthenticated())


def test_a_deny_in_a_second_policy(account: Account, aws: LocalAws) -> None:
    """All policies of the role count, as they are now."""
    deny = permission_policy(account.bucket)
    deny["Statement"][0]["Effect"] = "Deny"
    with closing(aws.client("iam")) as iam, closing(pool_of(account)) as identity_pool:
        token = account.sign_in("ada")
        session = identity_pool.session(lambda: token)
        key = f"{identity_pool.credentials(token).identity_id}/denied"
        role = {"RoleName": "journal-users", "PolicyName": "deny"}
        iam.put_role_policy(**role, PolicyDocument=json.dumps(deny))
        try:
            with closing(session.client("s3", endpoint_url=aws.origin)) as s3:
                with pytest.raises(ClientError) as error:
                    s3.put_object(Bucket=account.bucket, Key=key, Body=b"x")
                assert code(error) == "AccessDenied"
        finally:
            iam.delete_role_policy(**role)


def test_moto_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its canned credentials, good for 90 seconds; a session goes on with one identity."""
    with moto_server(tmp_path_factory.mktemp("moto")) as moto:
        import boto3

        keys = {"aws_access_key_id": "owner", "aws_secret_access_key": "owner"}
        where = {"region_name": "eu-west-1", "endpoint_url": moto.origin}
        with closing(boto3.client("cognito-identity", **where, **keys)) as identities:
            created = identities.create_identity_pool(
                IdentityPoolName="x", AllowUnauthenticatedIdentities=False
            )
        pool = moto.pool.trust(token_use="id")
        token = moto.tokens["ada, id"]
        role = "arn:aws:iam::123456789012:role/users"
        enhanced = IdentityPool(created["IdentityPoolId"], pool, url=moto.origin)
        basic = IdentityPool(
            created["IdentityPoolId"],
            pool,
            flow="basic",
            role_arn=role,
            url=moto.origin,
            sts_url=moto.origin,
        )
        for identity_pool in (enhanced, basic):
            with closing(identity_pool):
                session = identity_pool.session(lambda: token, region_name="us-east-1")
                first = identity_pool.credentials(token).identity_id
                with closing(session.client("s3", endpoint_url=moto.origin)) as s3:
                    bucket = f"bucket-{id(identity_pool)}"
                    s3.create_bucket(Bucket=bucket)
                    s3.put_object(Bucket=bucket, Key=f"{first}/a", Body=b"x")
                    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
                    assert [one["Key"] for one in listed] == [f"{first}/a"]
