"""A budget of requests in Redis: a sorted set of leases, one script for each of them."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field
from redis import Redis, RedisError, exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from bitbucket_hooks.api.shared_log import Ask, Grant, StoreFailed, Taken
from bitbucket_hooks.model.masking import Mask

_PATIENCE: Final = 2.0  # seconds for a connection or an answer
# A member is "LEASE RUNNER PLACES", its score the time in milliseconds at which it counts no more.
# A script runs as a whole, and alone.
_TAKE: Final = """
local leases, closing = KEYS[1], KEYS[2]
local runner, lease, lease_before = ARGV[1], ARGV[2], ARGV[3]
local used_before, owed = tonumber(ARGV[4]), tonumber(ARGV[5])
local wanted, limit, counts_for = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function note(name, places, ends)
    if places > 0 then
        redis.call('ZADD', leases, ends, name .. ' ' .. runner .. ' ' .. places)
        redis.call('PEXPIRE', leases, counts_for)
    end
end

redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
note(lease .. '-owed', owed, now + counts_for)
local taken, opens, runners, seen = 0, 0, 1, { [runner] = true }
local rows = redis.call('ZREVRANGE', leases, 0, -1, 'WITHSCORES')
for row = 1, #rows, 2 do
    local name, whose, places = rows[row]:match('^(%S+) (%S+) (%d+)$')
    if name == lease_before then
        redis.call('ZREM', leases, rows[row])
        places = used_before
        note(name, places, rows[row + 1])
    elseif name == lease then  -- sent twice, as the connection broke
        redis.call('ZREM', leases, rows[row])
        places = 0
    end
    taken = taken + places
    if taken >= limit and opens == 0 then
        opens = rows[row + 1] - now
    end
    if not seen[whose] then
        runners, seen[whose] = runners + 1, true
    end
end
local pause = math.max(opens, redis.call('PTTL', closing), 0)
local places = 0
if pause == 0 then
    places = math.min(wanted, limit - taken)
    note(lease, places, now + counts_for)
end
return { places, pause, runners }
"""
_CLOSE: Final = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], 'closed', 'PX', ARGV[1])
end
"""
_LOOK: Final = """
local time, taken = redis.call('TIME'), 0
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, row in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 1, '+inf')) do
    taken = taken + row:match('%d+$')
end
return { taken, math.max(redis.call('PTTL', KEYS[2]), 0) }
"""


@define
class RedisStore:
    """A connection, made when it is needed, and again when it broke."""

    url: str = field(repr=False)
    shown: str
    mask: Mask = field(repr=False)
    _redis: Redis | None = field(default=None, init=False, repr=False)

    def take(self, ask: Ask) -> Grant:
        """Give places. Raises StoreFailed."""
        values = (ask.runner, ask.lease, ask.lease_before, ask.used_before, ask.owed, ask.wanted)
        answer = self._run(
            _TAKE, _keys(ask.budget), [*values, ask.limit, int(ask.counts_for * 1000)]
        )
        places, pause, runners = answer
        return Grant(places, pause / 1000, runners)

    def close(self, budget: str, seconds: float) -> None:
        """Give no place for a while. Raises StoreFailed."""
        self._run(_CLOSE, _keys(budget)[1:], [max(1, int(seconds * 1000))])

    def look(self, budget: str) -> Taken:
        """What is gone of a budget. Raises StoreFailed."""
        places, closed_for = self._run(_LOOK, _keys(budget), [])
        return Taken(places, closed_for / 1000)

    def _run(self, script: str, keys: list[str], values: list[Any]) -> Any:
        try:
            if self._redis is None:
                self._redis = Redis.from_url(
                    self.url,
                    socket_timeout=_PATIENCE,
                    socket_connect_timeout=_PATIENCE,
                    # an idle connection may have been closed; who hangs is asked once
                    retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
                    client_name="bitbucket-hooks",
                )
            return self._redis.eval(script, len(keys), *keys, *values)
        except (RedisError, ValueError, TypeError) as error:  # the latter two for its options
            text = str(error).strip() or type(error).__name__
            raise StoreFailed(self.mask.over(text.splitlines()[0])) from None


def _keys(budget: str) -> list[str]:
    """Of its leases, and of its closing; both in one slot of a cluster."""
    return [f"bitbucket-hooks:{{{budget}}}:{what}" for what in ("leases", "closed")]
