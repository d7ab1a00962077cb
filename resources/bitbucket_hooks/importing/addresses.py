"""The whole urls of live hooks, which an inventory doesn't keep, and which may be secret."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.importing.grouping import HookGroup, Listed
from bitbucket_hooks.inventory.live import Addresses
from bitbucket_hooks.model.urls import may_be_secret, origin_shown
from bitbucket_hooks.model.webhook import Observed


@define
class Urls:
    """The urls by their digests, in memory alone."""

    addresses: Addresses
    _whole: dict[str, str] = field(factory=dict, repr=False)

    def see(self, hook: Observed) -> None:
        """Take the url of a hook. Of several spellings of one, the first in the alphabet stays."""
        address = self.addresses.digest(hook.url)
        self._whole[address] = min(hook.url, self._whole.get(address, hook.url))

    def whole(self, group: HookGroup) -> str:
        """The whole url of a group."""
        return self._whole[group.kind.address]

    def complete(
        self, groups: Iterable[HookGroup], listed: Listed, api: HookApi
    ) -> list[HookGroup]:
        """List again what a file kept without its url. Gives the groups that are still as kept.

        Raises ApiError.
        """
        groups = list(groups)
        for subject in (next(iter(group.hooks)) for group in groups):
            if any(hook.address not in self._whole for hook in listed[subject]):
                for hook in api.listing(subject).hooks:
                    self.see(hook)
        return [group for group in groups if group.kind.address in self._whole]


def shown_url(url: str) -> str:
    """The url for people: of one that may be secret only where it leads."""
    return origin_shown(url) if may_be_secret(url) else url
