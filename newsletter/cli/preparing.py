"""Making a database ready: tables, the default list, the shipped course."""

from newsletter import app
from newsletter.cli.speaking import Refused
from newsletter.content.lessons import LessonError, read_folder
from newsletter.store import lists
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
