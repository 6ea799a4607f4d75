"""IdentityPool: credentials for a token, and sessions that keep themselves in credentials."""

from __future__ import annotations

from typing import final

import boto3
from botocore.credentials import CredentialResolver
from botocore.session import Session
from botocore.tokens import TokenProviderChain

from cognito_guard import ConfigurationError
from cognito_guard.aws import CredentialExchange

from .descriptions import Descriptions
from .provider import IdentityPoolProvider
from .sources import TokenSource, problem_of

__all__ = ["IdentityPool"]


@final
class IdentityPool(CredentialExchange):
    """An identity pool that also creates boto3 sessions. All arguments, ``credentials``,
    ``acredentials``, ``end`` and ``close`` are those of
    :class:`~cognito_guard.aws.CredentialExchange`."""

    _descriptions: Descriptions | None = None

    def session(
        self, token_source: TokenSource, *, region_name: str | None = None
    ) -> boto3.Session:
        """Return a boto3 session that acts as one user. It never uses the AWS credentials of the
        process, from its environment or its machine. Create one for each request or job: **between
        two exchanges it stays the first user's**, even if the source would return another user.

        ``token_source``
            A callable without arguments that is called for each exchange. It returns a fresh ID
            token, a login session, :class:`~cognito_guard.aws.Logins`, or ``None`` if nobody is
            signed in any more. Or a login session or Logins, which work as long as their tokens are
            valid.
        ``region_name``
            The region of the services. By default, the identity pool's.

        Nothing is requested before the first use. botocore tries to refresh from 15 minutes before
        the end, and raises failures from 10 minutes before it. Every use checks whether the user
        has signed out.

        The clients of the session raise what ``credentials`` and the token source raise;
        :class:`~cognito_guard.aws.CredentialsEnded`; and :class:`~cognito_guard.InvalidToken`
        (``identity_mismatch``) if the source returns a token of another user than before. Raises
        :class:`~cognito_guard.ConfigurationError` if ``token_source`` is not a source.
        """
        problem = problem_of(token_source)
        if problem:
            del token_source
            raise ConfigurationError(problem)
        provider = IdentityPoolProvider(self, token_source)
        del token_source
        inner = Session()
        # Chains of this one provider alone: there is nothing to fall back to, neither to keys nor
        # to a bearer token of the process.
        inner.register_component("credential_provider", CredentialResolver([provider]))
        inner.register_component("token_provider", TokenProviderChain([]))
        if self._descriptions is None:
            self._descriptions = Descriptions.of(inner)
        inner.register_component("data_loader", self._descriptions)
        return boto3.Session(botocore_session=inner, region_name=region_name or self.region)
