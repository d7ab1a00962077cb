"""Who speaks to Bitbucket: the four kinds of authentication, as values that never show a secret."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class ApiToken:
    """An Atlassian account's email and API token, sent as HTTP Basic."""

    email: str
    token: str = field(repr=False)

    @property
    def identity(self) -> str:
        """What messages call it."""
        return f"the API token of {self.email}"


@frozen
class AccessToken:
    """A repository, project or workspace access token, or an OAuth token, sent as Bearer."""

    token: str = field(repr=False)
    identity = "the access token"


@frozen
class OAuthConsumer:
    """An OAuth consumer's key and secret, exchanged for a token that runs out."""

    client_id: str
    client_secret: str = field(repr=False)

    @property
    def identity(self) -> str:
        """What messages call it."""
        return f"the OAuth consumer {self.client_id}"


@frozen
class Anonymous:
    """Nobody: only the catalogue of events answers."""

    identity = "no credentials"


Credentials = ApiToken | AccessToken | OAuthConsumer | Anonymous
