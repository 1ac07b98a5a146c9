"""The Store: one engine, and the two ways to speak with it, `transaction()` and `reading()`."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"

Transaction = Connection
"""What `Store.transaction()` and `Store.reading()` hand out; upstairs it is only passed on."""

_DISCREET: dict[str, Any] = {"hide_parameters": True}
"""An error's words reach the log; without this they would hold every value of its statement, addresses too (S15)."""

BUSY_WAIT_MS = 15_000
"""How long a writer waits for another process on SQLite before the database counts as busy."""

SCRUB_WAIT_MS = 5_000
"""How long the rewriting of SQLite's file waits for readers; it can be done later as well."""

_READS_ONLY = "house_reads_only"
"""What a SQLite connection remembers of its last transaction: whether writing was forbidden."""

_AWAY = ("connection failed", "connection refused", "shutting down", "starting up", "terminating connection")
"""What PostgreSQL and its driver say while the server restarts (F13)."""


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


class StoreBusyError(StoreError):
    """Another process held the database for too long; trying again later is right."""


class Store:
    """What we remember. Made by `Store.open`; closed by `close`."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine; use `Store.open` instead."""
        self.engine = engine
        # SQLite has one writer at a time and lets the others poll, which is unfair: of 10,000 sign-ups at 16 threads
        # 13 were never served in 15 s. Threads of one process take turns here instead.
        self._turns = threading.Lock() if engine.dialect.name == "sqlite" else None

    @property
    def has_many_writers(self) -> bool:
        """Whether two transactions may write at the same time; SQLite has one writer."""
        return self._turns is None

    @classmethod
    def open(cls, url: str, *, pool_size: int = 20) -> "Store":
        """Open the database behind a SQLAlchemy URL; nothing is created yet but SQLite's folder."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_open_sqlite(url, parsed.database, pool_size))
        return cls(create_engine(url, pool_size=pool_size, max_overflow=20, pool_pre_ping=True, **_DISCREET))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that may write: commits at the end, rolls back on an exception."""
        with self._turn(), _explained(), self.engine.begin() as tx:
            yield tx

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._turns is None:
            yield
            return
        if not self._turns.acquire(timeout=BUSY_WAIT_MS / 1000):
            raise StoreBusyError("The database is busy with other work. Please try again in a moment.")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction with one view of the data."""
        with _explained(), self.engine.connect() as connection:
            tx = connection.execution_options(house_reads_only=True)
            with tx.begin():
                if tx.dialect.name == "postgresql":
                    tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield tx

    def upgrade(self) -> None:
        """Create or upgrade all tables to this version of the program."""
        if self.is_current():
            return
        from alembic import command  # it costs as much as half of all other imports, and is seldom needed

        with _explained(), self.engine.connect() as connection:
            command.upgrade(_alembic(connection), "head")

    def is_current(self) -> bool:
        """Whether the tables are those of this version of the program."""
        with _explained(), self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            have = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
        return have == [newest_migration()]

    def scrub(self) -> None:
        """Rewrite SQLite's file and empty its journal, so that no byte is left of what was deleted.

        secure_delete alone leaves copies where pages were split: one deleted row in three hundred was still in the
        file. Does nothing on PostgreSQL. Raises StoreBusyError while a reader or a writer stands in the way.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with self._turn(), _explained(), self.engine.connect() as connection:
            cursor = connection.connection.cursor()  # the driver's own: a VACUUM knows no transaction
            try:
                cursor.execute("PRAGMA query_only = 0")
                connection.info[_READS_ONLY] = False
                cursor.execute(f"PRAGMA busy_timeout = {SCRUB_WAIT_MS}")
                cursor.execute("VACUUM")
                blocked, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as error:
                raise OperationalError("VACUUM", None, error) from error
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
                cursor.close()
        if blocked:
            raise StoreBusyError("The database is busy with another process. Please try again in a moment.")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def is_there(url: str) -> bool:
    """Whether there is a database to ask: SQLite's file. Of a server nothing is known before it is asked."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def insert_new(tx: Connection, table: Table) -> Any:
    """An INSERT of the dialect in use, for ON CONFLICT. Its row count tells whether a row was written."""
    return insert_in(tx.dialect.name, table)


def insert_in(dialect: str, table: Table) -> Any:
    """The same for a dialect by name, for statements that are built once."""
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    # Otherwise SQLAlchemy says -1 on PostgreSQL, whatever happened, and -1 is true.
    return made.execution_options(preserve_rowcount=True)


def _open_sqlite(url: str, path: str | None, pool_size: int) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    patience = {"timeout": BUSY_WAIT_MS / 1000}
    engine = create_engine(url, pool_size=pool_size, max_overflow=20, connect_args=patience, **_DISCREET)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is in _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")  # survives the end of the process; a power cut loses no order
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads and then writes would otherwise fail at once when another one wrote.
    reads_only = bool(connection.get_execution_options().get("house_reads_only"))
    if connection.info.get(_READS_ONLY) is not reads_only:  # it stays with the connection: said only when it changes
        connection.exec_driver_sql(f"PRAGMA query_only = {int(reads_only)}")
        connection.info[_READS_ONLY] = reads_only
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def newest_migration() -> str:
    """The revision of this version's tables: migrations stand in one line and are numbered by their file names."""
    return max(file.stem for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _alembic(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise _explain(error) from error


def _explain(error: OperationalError) -> Exception:
    words = str(error.orig).lower()
    if "locked" in words or "busy" in words:
        return StoreBusyError("The database is busy with another process. Please try again in a moment.")
    if "readonly" in words or "unable to open" in words or "read-only" in words:
        return StoreError("The database cannot be written. Check that the data folder exists and is writable.")
    if "full" in words:
        return StoreError("The disk is full. Free some space; nothing was lost.")
    if "deadlock" in words:  # PostgreSQL ended one of two that waited for each other
        return StoreBusyError("The database is busy with another process. Please try again in a moment.")
    never_connected = getattr(error.orig, "sqlstate", "") is None  # psycopg: no server was there to give a code
    if error.connection_invalidated or never_connected or any(sign in words for sign in _AWAY):
        return StoreBusyError(
            "The database cannot be reached just now. Please try again in a moment; if it stays so, check its address "
            "in NEWSLETTER_DATABASE_URL."
        )
    return error
