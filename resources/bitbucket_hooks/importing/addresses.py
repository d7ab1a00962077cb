"""The whole urls of live hooks, which an inventory doesn't keep, and which may be secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.importing.grouping import Group, Listed
from bitbucket_hooks.inventory.live import Addresses
from bitbucket_hooks.model.urls import comparable, is_chat, origin_shown, shown
from bitbucket_hooks.model.webhook import Observed

_TOKEN: Final = re.compile(
    r"(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{10,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)


@define
class Urls:
    """The urls by their digests, in memory alone."""

    addresses: Addresses
    _whole: dict[str, str] = field(factory=dict, repr=False)

    def see(self, hook: Observed) -> None:
        """Take the url of a hook. Of several spellings of one, the first in the alphabet stays."""
        address = self.addresses.of(hook.url)
        self._whole[address] = min(hook.url, self._whole.get(address, hook.url))

    def of(self, group: Group) -> str:
        """The whole url of a group."""
        return self._whole[group.kind.address]

    def complete(self, groups: Iterable[Group], listed: Listed, api: HookApi) -> list[Group]:
        """List again what a file kept without its url. Gives the groups that are still as kept.

        Raises ApiError.
        """
        groups = list(groups)
        for subject in (next(iter(one.hooks)) for one in groups):
            if any(one.address not in self._whole for one in listed[subject]):
                for hook in api.listing(subject).hooks:
                    self.see(hook)
        return [one for one in groups if one.kind.address in self._whole]


def may_be_secret(url: str) -> bool:
    """Whether who reads the url may be able to deliver to it: a query, a token in the path."""
    if shown(comparable(url)) != comparable(url):
        return True
    return is_chat(url) or any(map(_TOKEN.search, urlsplit(url).path.split("/")))


def told(url: str) -> str:
    """The url for people: of one that may be secret only where it leads."""
    return origin_shown(url) if may_be_secret(url) else url
