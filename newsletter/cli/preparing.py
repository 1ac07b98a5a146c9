"""Making a database ready: tables, the default list, the shipped course."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter import app
from newsletter.cli.speaking import Refused
from newsletter.content.lessons import LessonError, read_folder
from newsletter.store import lists, scratch
from newsletter.usecases import courses
from newsletter.usecases.house import House


def prepare(house: House) -> None:
    """Create or upgrade the tables, make the default list, load and publish the shipped course."""
    house.store.upgrade()
    house.current()
    now = house.clock.now()  # before the transaction: a clock that begins here writes that down (clocks.py)
    with house.store.transaction() as tx:
        lists.add(tx, slug="letters", title="Letters", now=now)
    try:
        shipped = read_folder(app.emails_folder() / "courses" / "belonging")
    except LessonError as error:
        raise Refused(str(error)) from None
    courses.load_shipped(house, shipped)


@contextmanager
def trial_database(store: str) -> Iterator[str]:
    """The URL of a database for a measurement, empty for SQLite's own; PostgreSQL's is made and dropped."""
    if store == "sqlite":
        yield ""
        return
    server = os.environ.get("NEWSLETTER_DATABASE_URL", "")
    if not server.startswith("postgresql"):
        raise Refused(
            "Please name a PostgreSQL server in NEWSLETTER_DATABASE_URL; a database is made there and dropped."
        )
    with scratch.postgresql(server) as url:
        yield url
