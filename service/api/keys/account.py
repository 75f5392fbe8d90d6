"""What a client has used of what it may: requests and characters per minute, characters per month (UTC)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from service.api.errors import LimitUnit, QuotaExceeded, RateLimited
from service.api.keys.bucket import WINDOW_SECONDS, TokenBucket
from service.api.keys.file import now_utc
from service.api.keys.lines import Allowance

_UNITS: Final[dict[LimitUnit, str]] = {"requests": "", "characters": ';qu="characters"'}
_POLICY: Final = b"ratelimit-policy"
_STATE: Final = b"ratelimit"


class Account:
    """One client's buckets, full at first, and its month, of which `num_characters` are used."""

    def __init__(
        self,
        allowance: Allowance,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        num_characters: int = 0,
    ) -> None:
        self.allowance = allowance
        self._now = now
        self._month, self._num_characters = _month_of(now()), num_characters
        rates: dict[LimitUnit, int | None] = {
            "requests": allowance.requests_per_minute,
            "characters": allowance.characters_per_minute,
        }
        self._buckets = {unit: TokenBucket(rate, clock) for unit, rate in rates.items() if rate}
        self._policy = _listed(
            f'"{unit}";q={one.per_minute};w={WINDOW_SECONDS:.0f}{_UNITS[unit]}'
            for unit, one in self._buckets.items()
        )

    def admit(self) -> None:
        """Takes a request; raises RateLimited."""
        if bucket := self._buckets.get("requests"):
            if wait_seconds := bucket.wait_for(1):
                raise RateLimited("requests", bucket.per_minute, wait_seconds)
            bucket.take(1)

    def spend(self, num_characters: int) -> None:
        """Takes characters; raises RateLimited, QuotaExceeded, and takes nothing then."""
        limit, used = self.allowance.characters_per_month, self.characters_this_month()
        if limit is not None and used + num_characters > limit:
            comes_again = num_characters <= limit
            raise QuotaExceeded(limit, _seconds_to_next_month(self._now()) if comes_again else None)
        if bucket := self._buckets.get("characters"):
            if wait_seconds := bucket.wait_for(num_characters):
                raise RateLimited(
                    "characters", bucket.per_minute, max(wait_seconds, self._wait_for_request())
                )
            bucket.take(num_characters)
        self._num_characters += num_characters

    def give_back(self, num_characters: int) -> None:
        """Takes characters off the month again, because they were not translated after all."""
        self._num_characters = max(0, self.characters_this_month() - num_characters)

    def characters_this_month(self) -> int:
        """Code points since the month began, or this process."""
        month = _month_of(self._now())
        if month != self._month:
            self._month, self._num_characters = month, 0
        return self._num_characters

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What is left (draft-ietf-httpapi-ratelimit-headers-10); `t` is when all of it is there again."""
        if not self._buckets:
            return []
        state = _listed(
            f'"{unit}";r={max(0, math.floor(one.level()))};t={math.ceil(one.wait_for(one.per_minute))}'
            for unit, one in self._buckets.items()
        )
        return [(_POLICY, self._policy), (_STATE, state)]

    def _wait_for_request(self) -> float:
        """Whoever comes again needs a request as well."""
        bucket = self._buckets.get("requests")
        return bucket.wait_for(1) if bucket else 0.0


class Accounts:
    """An account for each client that came; a new one where its limits were changed."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = now_utc
    ) -> None:
        self._clock, self._now = clock, now
        self._of_client: dict[str, Account] = {}

    def of(self, identity: str, allowance: Allowance) -> Account:
        """The account of a client."""
        found = self._of_client.get(identity)
        if found is None or found.allowance != allowance:
            used = found.characters_this_month() if found else 0
            found = Account(allowance, clock=self._clock, now=self._now, num_characters=used)
            self._of_client[identity] = found
        return found


def _listed(members: Iterable[str]) -> bytes:
    return ", ".join(members).encode()


def _month_of(now: datetime) -> tuple[int, int]:
    return now.year, now.month


def _seconds_to_next_month(now: datetime) -> float:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return (following - now).total_seconds()
