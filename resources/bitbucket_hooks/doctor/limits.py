"""How many requests an hour has, and how many of them the hooks cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Final

from bitbucket_hooks.api.open_log import budget_name, open_store
from bitbucket_hooks.api.shared_log import StoreFailed
from bitbucket_hooks.connect import identity
from bitbucket_hooks.doctor.connection import Connection
from bitbucket_hooks.doctor.findings import Checks, Finding, error, note, ok, unknown, warning
from bitbucket_hooks.model.settings import PUBLIC_API, PUBLIC_LIMIT, Settings
from bitbucket_hooks.model.wording import counted

REFRESH: Final = "refresh or drift"
_WAIT: Final = "Wait an hour, or find out what else uses this identity."


def pace(connection: Connection, _: object) -> Iterator[Finding]:
    """How many requests an hour there are."""
    announced, chosen = connection.limit, connection.settings.rate_limit
    public = connection.settings.api_url == PUBLIC_API
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


def budget(settings: Settings) -> Iterator[Finding]:
    """Whether the store of a budget for several machines can be used, and what is taken of it."""
    store = open_store(settings.pace)
    if store is None:
        return
    begun = perf_counter()
    try:
        taken = store.look(budget_name(settings.api_url, identity(settings)))
    except StoreFailed as failed:
        yield error(
            "budget",
            f"{store.shown} can't be used ({failed}): each machine keeps to a part of the limit",
            "Start it, let this machine reach it, or correct bitbucket:pace.",
            remote=True,
        )
        return
    milliseconds = math.ceil((perf_counter() - begun) * 1000)
    requests = counted(taken.places, "request")
    what = f"{store.shown} answers within {milliseconds} ms; {requests} taken in this hour"
    if taken.closed_for > 0:
        closed = f"{what}; closed for {math.ceil(taken.closed_for):,} s, as one was refused"
        yield warning("budget", closed, _WAIT)
    else:
        yield ok("budget", what)


def headroom(connection: Connection, _: object) -> Iterator[Finding]:
    """Whether the limit is nearly used up."""
    if connection.limit_is_near:
        yield warning(
            "headroom",
            "Bitbucket says that the limit is near: few requests are left in this hour",
            _WAIT,
        )
    elif connection.limit is not None:
        yield ok("headroom", "Bitbucket says that the limit isn't near")
    elif connection.settings.api_url == PUBLIC_API:
        yield note("headroom", "Bitbucket doesn't tell these credentials how much of it is left")


def requests(connection: Connection, costs: Mapping[str, int] | None) -> Iterator[Finding]:
    """Hold what each kind of run costs against the limit; None: it isn't known."""
    if costs is None:
        what = "not counted: it isn't known which repositories are meant"
        yield unknown("requests", what, "Mend first what is said of the repositories.")
        return
    settings = connection.settings
    limit = settings.rate_limit or connection.limit or settings.known_limit
    counts = []
    for run, count in costs.items():
        # what is over an hour's allowance waits for the next
        hours = 0 if limit is None or count <= limit else (count - 1) // limit
        counts.append(f"{run} {count:,}" + (f" (over {counted(hours, 'hour')})" if hours else ""))
    what = ", ".join(counts)
    if limit is None or costs.get(REFRESH, 0) <= limit:
        if costs:
            yield ok("requests", what)
        return
    yield warning(
        "requests",
        f"a refresh needs more than an hour's allowance: {what}",
        "It waits and goes on by itself; give pipelines the time. A project's or workspace's "
        "access token may have a higher limit, and stacks with an identity each have one each.",
    )


CHECKS: Final[Checks] = {"pace": pace, "headroom": headroom, "requests": requests}
