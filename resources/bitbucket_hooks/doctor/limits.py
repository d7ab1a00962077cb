"""How many requests the hooks cost, and how many an hour has."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from bitbucket_hooks.doctor.account import Talk
from bitbucket_hooks.doctor.findings import Finding, note, ok, warning
from bitbucket_hooks.model.settings import PUBLIC_API, PUBLIC_LIMIT
from bitbucket_hooks.model.wording import counted


@frozen
class Cost:
    """Requests that one account's hooks take, where no repository has over 100 hooks."""

    looking: int
    """To find out what the declarations mean: each preview."""
    places: int
    """Repositories and workspaces to list: a refresh, drift."""
    copies: int
    """Hooks: what the first `up` makes."""

    @property
    def refresh(self) -> int:
        """Of a preview that looks at the live hooks."""
        return self.looking + self.places

    @property
    def first(self) -> int:
        """Of an `up` that makes them all."""
        return self.looking + self.places + self.copies


def pace(talk: Talk) -> Iterator[Finding]:
    """How many requests an hour there are, and whether they are nearly used up."""
    settings = talk.account.settings
    announced, chosen = talk.observer.limit, settings.rate_limit if settings else None
    public = settings is not None and settings.api_url == PUBLIC_API
    if chosen is not None and announced is not None and chosen > announced:
        yield warning(
            "pace",
            f"bitbucket:rateLimit is {chosen:,} requests an hour; Bitbucket allows {announced:,}",
            "Lower it, or take it out: what Bitbucket tells is then used.",
        )
    elif chosen is not None:
        above = public and announced is None and chosen > PUBLIC_LIMIT
        usual = f"; {PUBLIC_LIMIT:,} is what Bitbucket promises" if above else ""
        yield ok("pace", f"{chosen:,} requests an hour (bitbucket:rateLimit){usual}")
    elif announced is not None:
        yield ok("pace", f"{announced:,} requests an hour, as Bitbucket tells")
    elif public:
        yield ok("pace", f"{PUBLIC_LIMIT:,} requests an hour, as Bitbucket documents")
    else:
        yield ok("pace", "no limit is known here; a refusal would teach it")
    if talk.observer.near:
        yield warning(
            "headroom",
            "Bitbucket says that the limit is near: few requests are left in this hour",
            "Wait an hour, or find out what else uses this identity.",
        )
    elif announced is not None:
        yield ok("headroom", "Bitbucket says that the limit isn't near")
    elif public:
        yield note("headroom", "Bitbucket doesn't tell these credentials how much of it is left")


def _limit(talk: Talk) -> int | None:
    """Requests an hour that a run paces itself by; None: unknown."""
    settings = talk.account.settings
    if settings is not None and settings.rate_limit is not None:
        return settings.rate_limit
    public = settings is not None and settings.api_url == PUBLIC_API
    return talk.observer.limit or (PUBLIC_LIMIT if public else None)


def fits(cost: Cost, talk: Talk) -> Iterator[Finding]:
    """Hold what the hooks cost against the limit."""
    limit = _limit(talk)
    counts = {
        "preview": cost.looking,
        "refresh or drift": cost.refresh,
        "first up": cost.first,
    }
    what = ", ".join(f"{name} {count:,}{_time(count, limit)}" for name, count in counts.items())
    if limit is None or cost.refresh <= limit:
        yield ok("requests", what)
        return
    yield warning(
        "requests",
        f"a refresh needs more than an hour's allowance: {what}",
        "It waits and goes on by itself; give pipelines the time. A project's or workspace's "
        "access token may have a higher limit, and stacks with an identity each have one each.",
    )


def _time(count: int, limit: int | None) -> str:
    """How long the limit makes it last: what is over an hour's allowance waits for the next."""
    if limit is None or count <= limit:
        return ""
    hours = (count - 1) // limit
    return f" (over {counted(hours, 'hour')})"
