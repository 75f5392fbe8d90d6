"""Rates are kept to the request, Retry-After is honest, and a month ends."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.errors import QuotaExceeded, RateLimited
from service.api.keys.account import Account, Accounts
from service.api.keys.bucket import TokenBucket
from service.api.keys.lines import Allowance
from tests.key_files import Clock


def account(clock: Clock, **limits: int) -> Account:
    """With these limits alone."""
    return Account(Allowance(**limits), clock=clock, now=clock.date)


def test_a_minute_s_worth_may_come_at_once_and_no_more() -> None:
    """Then one for each share of the minute."""
    clock = Clock()
    client = account(clock, requests_per_minute=60)
    for _ in range(60):
        client.admit()
    with pytest.raises(RateLimited) as found:
        client.admit()
    assert (found.value.limit, found.value.reason) == (60, "requests")
    assert found.value.retry_after_seconds == pytest.approx(1.0, rel=1e-4)
    clock.seconds = 0.999
    with pytest.raises(RateLimited):
        client.admit()
    clock.seconds = 1.0
    client.admit()


@given(
    rate=st.integers(1, 100_000),
    amounts=st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 90)), max_size=40),
)
def test_what_waits_as_long_as_it_was_told_succeeds(rate: int, amounts: list[tuple[int, float]]) -> None:
    """In whole seconds, as the header says it, and a second less would not have done."""
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    for amount, pause in amounts:
        clock.seconds += pause
        seconds = math.ceil(bucket.wait_for(amount))
        if seconds:
            clock.seconds += seconds - 1.001
            assert bucket.wait_for(amount) > 0
            clock.seconds += 1.001
        assert bucket.wait_for(amount) == 0
        bucket.take(amount)


def test_in_the_long_run_no_more_goes_through_than_the_rate() -> None:
    """Requests larger than the bucket included, which leave it in debt; an hour of random ones."""
    clock, chosen = Clock(), random.Random(7)
    bucket, total = TokenBucket(1000, clock), 0
    while clock.seconds < 3600:
        amount = chosen.randint(1, 3000)
        clock.seconds += bucket.wait_for(amount)
        bucket.take(amount)
        total += amount
    assert total <= 1000 * (clock.seconds / 60 + 1) + 3000
    assert total >= 1000 * clock.seconds / 60 * 0.99


def test_refused_characters_are_not_taken() -> None:
    """Neither from the minute nor from the month; smaller ones still fit."""
    client = account(Clock(), characters_per_minute=100, characters_per_month=1000)
    client.spend(80)
    with pytest.raises(RateLimited) as found:
        client.spend(50)
    assert found.value.retry_after_seconds == pytest.approx(18.0, rel=1e-4)
    assert client.characters_this_month() == 80
    client.spend(20)


def test_whoever_waits_for_characters_has_a_request_too() -> None:
    """The longer of the two waits is told."""
    clock = Clock()
    client = account(clock, requests_per_minute=1, characters_per_minute=6000)
    client.admit()
    client.spend(6000)
    with pytest.raises(RateLimited) as found:
        client.spend(100)
    assert found.value.retry_after_seconds == pytest.approx(60.0, rel=1e-4)


def test_a_month_is_used_up_and_begins_again() -> None:
    """In UTC; from the 30th of January, noon, it is a day and a half."""
    clock = Clock()
    client = account(clock, characters_per_month=1000)
    client.spend(900)
    with pytest.raises(QuotaExceeded) as found:
        client.spend(101)
    assert found.value.retry_after_seconds == 1.5 * 86_400
    client.spend(100)
    clock.seconds += 1.5 * 86_400 - 1
    with pytest.raises(QuotaExceeded):
        client.spend(1)
    clock.seconds += 1
    client.spend(1000)
    assert client.characters_this_month() == 1000


def test_december_ends_too() -> None:
    """And what is larger than a month never fits, so no time is told."""
    found = []
    for amount in (10, 11):
        client = Account(
            Allowance(characters_per_month=10), clock=Clock(), now=lambda: datetime(2026, 12, 31, tzinfo=UTC)
        )
        client.spend(1)
        with pytest.raises(QuotaExceeded) as refused:
            client.spend(amount)
        found.append(refused.value.retry_after_seconds)
    assert found == [86_400.0, None]


def test_what_was_not_translated_is_given_back() -> None:
    """To the month, for the minute protects the service; never below nothing."""
    client = account(Clock(), characters_per_minute=100, characters_per_month=100)
    client.spend(60)
    client.give_back(60)
    assert client.characters_this_month() == 0
    with pytest.raises(RateLimited):
        client.spend(60)
    client.give_back(60)
    assert client.characters_this_month() == 0


def test_headers_say_what_is_left() -> None:
    """As structured fields; a client without rates gets none."""
    clock = Clock()
    client = account(clock, requests_per_minute=60, characters_per_minute=1200)
    client.admit()
    client.spend(1320)
    assert client.headers() == [
        (b"ratelimit-policy", b'"requests";q=60;w=60, "characters";q=1200;w=60;qu="characters"'),
        (b"ratelimit", b'"requests";r=59;t=1, "characters";r=0;t=66'),
    ]
    assert account(clock).headers() == []


def test_an_account_outlives_the_reading_of_the_file() -> None:
    """New limits begin at once, and the month goes on."""
    clock = Clock()
    accounts = Accounts(clock=clock, now=clock.date)
    first = accounts.of("shop-1", Allowance(characters_per_month=100))
    first.spend(40)
    assert accounts.of("shop-1", Allowance(characters_per_month=100)) is first
    assert accounts.of("desk", Allowance(characters_per_month=100)).characters_this_month() == 0
    raised = accounts.of("shop-1", Allowance(characters_per_month=200))
    assert raised.characters_this_month() == 40
