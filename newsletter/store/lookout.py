"""A look at what others have changed while a round of sending goes on, cheap enough to have before each message.

SQLite counts, for each connection, the commits of all others (PRAGMA data_version): 4 µs, and nothing is missed.
PostgreSQL sends word of a campaign that was paused or cancelled (NOTIFY) some moments after its commit: 1 µs to see
whether it came. A sender that has time asks the table itself.
"""

import select
from types import TracebackType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from newsletter.store.engine import Store, StoreBusyError

_CHANNEL = "newsletter_campaigns"


def send_word(tx: Connection) -> None:
    """Tell those who look out that a campaign stops; it reaches them when this transaction is committed."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"NOTIFY {_CHANNEL}")


class Lookout:
    """Has a connection of its own from entering to leaving. One thread uses it."""

    misses_nothing: bool
    """Whether `anything_new` cannot overlook what was committed before it was asked."""

    def __init__(self, store: Store) -> None:
        """Nothing is opened before it is entered."""
        self._store = store
        self._seen = 0

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
            if self.misses_nothing:
                (self._seen,) = self._driver.execute("PRAGMA data_version").fetchone()
                return self._seen != before
            if self._poll.poll(0):
                self._seen += sum(1 for _ in self._driver.notifies(timeout=0))
        except self._errors as trouble:
            raise _away() from trouble
        return self._seen != before

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
