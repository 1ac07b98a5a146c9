"""A look at what others have changed while a round of sending goes on, cheap enough to have before each message.

SQLite counts, for each connection, the commits of all others (PRAGMA data_version): 4 µs, and nothing is missed.
PostgreSQL sends word of a campaign that was paused or cancelled (NOTIFY) some moments after its commit: 1 µs to see
whether it came, and on a crowded machine sixteen letters went out before it did. So whoever looks out holds a lock
(shared, advisory) until word has come, and whoever stops a campaign waits for all of these: when a pause is answered
every sender has heard of it, and looks before it begins anything.
"""

import select
from contextlib import suppress
from types import TracebackType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from newsletter.store.engine import Store, StoreBusyError

_CHANNEL = "newsletter_campaigns"
_LOOKING_OUT = 0x6C6F6F6B
"""The advisory lock of this database that those who look out share."""

PATIENCE_MS = 300
"""How long one who stops a campaign waits to be heard: a sender that is stuck must not keep the owner waiting."""


def send_word(tx: Connection) -> None:
    """Tell those who look out that a campaign stops; it reaches them when this transaction is committed."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"NOTIFY {_CHANNEL}")


def wait_until_heard(store: Store) -> None:
    """Return when all who look out have seen what was committed before, or after `PATIENCE_MS` milliseconds.

    On SQLite at once, for nothing is overlooked there. Never in a transaction, nor in a thread that one who looks out
    waits for. What keeps it from waiting is no trouble of the caller's, whose word is committed.
    """
    if store.engine.dialect.name != "postgresql":
        return
    with suppress(SQLAlchemyError), store.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOOKING_OUT})")


class Lookout:
    """Has a connection of its own from entering to leaving. One thread uses it."""

    misses_nothing: bool
    """Whether `anything_new` cannot overlook what was committed before it was asked."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened before it is entered."""
        self._store = store
        self._seen = 0
        self._is_waited_for = False

    def __enter__(self) -> "Lookout":
        self.misses_nothing = self._store.engine.dialect.name == "sqlite"
        try:
            self._connection = self._store.engine.connect()
            driver: Any = self._connection.connection.driver_connection
            if not self.misses_nothing:
                self._connection.detach()  # the pool's other users must not inherit a connection that listens
                driver.autocommit = True
                driver.execute(f"LISTEN {_CHANNEL}")
                self._poll = select.poll()
                self._poll.register(driver.fileno(), select.POLLIN)
            self._driver = driver
        except self._errors as error:
            raise _away() from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._connection.close()

    def anything_new(self) -> bool:
        """Whether something was committed by others since this was last asked."""
        before = self._seen
        try:
            if not self.misses_nothing:
                came, unheard = self._has_come(), self._is_unheard()
                return came or unheard
            (self._seen,) = self._driver.execute("PRAGMA data_version").fetchone()
        except self._errors as trouble:
            raise _away() from trouble
        return self._seen != before

    def _has_come(self) -> bool:
        """Whether word came. Who waits to be heard may go on: nothing begins before the look that follows."""
        if not (self._poll.poll(0) and list(self._driver.notifies(timeout=0))):
            return False
        if self._is_waited_for:
            self._driver.execute(f"SELECT pg_advisory_unlock_shared({_LOOKING_OUT})")
            self._is_waited_for = False
        return True

    def _is_unheard(self) -> bool:
        """Whether nobody waited for us until now, so that word may be under way."""
        if self._is_waited_for:
            return False
        # Where somebody waits for others already it is not to be had: then there is a look before each message.
        asked = self._driver.execute(f"SELECT pg_try_advisory_lock_shared({_LOOKING_OUT})")
        (self._is_waited_for,) = asked.fetchone()
        return True

    def campaigns_being_sent(self) -> set[int]:
        """The numbers of the campaigns that are neither paused nor over. Raises StoreBusyError without a database."""
        try:
            found = self._driver.execute("SELECT id FROM campaigns WHERE state = 'sending'").fetchall()
        except self._errors as trouble:
            raise _away() from trouble
        return {number for (number,) in found}

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        driver: Any = self._store.engine.dialect.loaded_dbapi
        return (driver.Error, SQLAlchemyError)


def _away() -> StoreBusyError:
    return StoreBusyError("The database cannot be reached just now. Please try again in a moment.")
