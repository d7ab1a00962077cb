"""Who speaks to Bitbucket: the four kinds of authentication, as values that never show a secret."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

_SIGN_IN_WITH_EMAIL: Final = (
    "Set it as bitbucket:password, with the Atlassian account's email as bitbucket:username, and "
    "take bitbucket:oauthToken out."
)
_SIGN_IN_WITHOUT_USER: Final = (
    "Set it as bitbucket:oauthToken, and take bitbucket:username and bitbucket:password out."
)


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


def misplaced(who: Credentials) -> tuple[str, str] | None:
    """What is wrong with credentials that belong elsewhere, with the remedy; None: nothing is.

    Kinds are known by how they begin: `ATATT` an API token, `ATCTT` an access token; the user
    `x-token-auth` is git's name for access tokens (vendor's documentation).
    """
    match who:
        case AccessToken(token) if token.startswith("ATATT"):
            what = "bitbucket:oauthToken holds an API token (it begins with ATATT)"
            return what, _SIGN_IN_WITH_EMAIL
        case ApiToken(_, token) if token.startswith("ATCTT"):
            what = "bitbucket:password holds an access token (it begins with ATCTT)"
            return what, _SIGN_IN_WITHOUT_USER
        case ApiToken("x-token-auth"):
            what = "bitbucket:password holds an access token (x-token-auth is git's user for one)"
            return what, _SIGN_IN_WITHOUT_USER
    return None
