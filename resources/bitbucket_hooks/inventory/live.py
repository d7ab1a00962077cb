"""A live hook as an inventory keeps it: nothing of it can deliver or sign anything."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from attrs import field, frozen

from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable, near_key, shown
from bitbucket_hooks.model.webhook import Observed, ReportedHook


@frozen
class Addresses:
    """Tells whether two urls are the same one without keeping them: a query may be a secret."""

    key: bytes = field(repr=False)
    """What sets one inventory's digests apart from another's."""

    def digest(self, url: str) -> str:
        """A digest that equal urls share."""
        text = comparable(url).encode("utf-8", "replace")
        return hashlib.blake2b(text, key=self.key, digest_size=12).hexdigest()


@frozen(kw_only=True)
class Live(ReportedHook):
    """A hook as Bitbucket lists it."""

    url: str
    """As it may be shown."""
    address: str
    """The digest of the whole url."""
    near: str = ""
    """The digest of what urls share that differ by the scheme or a last slash alone."""

    @classmethod
    def from_observed(cls, observed: Observed, addresses: Addresses) -> Live:
        """Keep what may be kept of an answer."""
        return cls(
            url=shown(observed.url),
            address=addresses.digest(observed.url),
            near=addresses.digest(near_key(observed.url)),
            **observed.reported(),
        )

    def observed(self) -> Observed:
        """For comparisons: the hook as it was seen, with the digest in place of its url."""
        return Observed(url=self.address, **self.reported())

    @property
    def host(self) -> str:
        """Where it delivers to: host and port, in lower case; empty when that can't be read."""
        return urlsplit(self.url).netloc.lower()


def where(subject: Subject) -> str:
    """How people name it: `workspace/slug`, or the workspace alone."""
    return f"{subject.workspace}/{subject.repository}" if subject.repository else subject.workspace
