"""From the key that a request brought to its client's account, or the reason why it may not go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from service.api.errors import KeyMissing, ScopeMissing
from service.api.keys.account import Account, Accounts
from service.api.keys.file import KeyFile, now_utc
from service.api.keys.lines import KeyScope


class Gate:
    """The keys of a file and the accounts of their clients."""

    def __init__(self, file: KeyFile, accounts: Accounts, *, now: Callable[[], datetime] = now_utc) -> None:
        self._file, self._accounts, self._now = file, accounts, now

    def has_taken_file(self) -> bool:
        """False while keys count that are not those of the file as it stands."""
        return self._file.is_taken()

    def admit(self, key: str, needed: KeyScope) -> Caller:
        """Who calls, one request poorer; raises KeyMissing, KeyInvalid, ScopeMissing, RateLimited."""
        if not key:
            raise KeyMissing
        line = self._file.ring().find(key, self._now())
        if needed not in line.scopes:
            raise ScopeMissing(needed)
        account = self._accounts.of(line.id, line.allowance)
        account.admit()
        return Caller(account)


class Caller:
    """Whoever sent one request."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._num_characters = 0

    def spend(self, num_characters: int) -> None:
        """Takes what is to be translated; raises RateLimited, QuotaExceeded."""
        self.account.spend(num_characters)
        self._num_characters += num_characters

    def give_back(self) -> None:
        """Nothing was translated, so nothing counts for the month."""
        self.account.give_back(self._num_characters)
