"""A house on a database of each kind, with clocks to move and a post to look into.

The databases of these fixtures are copies, see `beginnings`: which one, `database_url` reads from the names of the
fixtures that a test asks for. A module with a `maria` of its own builds on one of them, and one with a `house` of its
own on `bare_house`; there Maria comes by `join`, since the fixtures' Maria takes the fixtures' course.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from newsletter.store.engine import Store
from newsletter.usecases.house import House
from tests.usecases.beginnings import STEPS, Beginning, go_through
from tests.usecases.household import Post, TwoClocks, put_together

Beginnings = Mapping[str, Mapping[str, Beginning]]


@pytest.fixture(scope="session")
def beginnings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginnings]:
    """The beginnings on each kind of database that the run's tests need.

    All at once, before any test of the session's use cases has patched something that would go into them.
    """
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    kinds = {call.params.get("database_url") for call in calls}
    with ExitStack() as until_the_end:
        made = {}
        if "sqlite" in kinds:
            folder = tmp_path_factory.mktemp("beginnings")
            made["sqlite"] = _on_sqlite(request.getfixturevalue("migrated_file"), folder)
        if "postgresql" in kinds:
            made["postgresql"] = _on_postgresql(request.getfixturevalue("new_postgres_database"), until_the_end)
        yield made


def _on_sqlite(migrated: Path, folder: Path) -> dict[str, Beginning]:
    file = folder / "newsletter.db"
    shutil.copy(migrated, file)
    return go_through(f"sqlite:///{file}", lambda name: str(shutil.copy(file, folder / f"{name}.db")))


def _on_postgresql(new_database, until_the_end: ExitStack) -> dict[str, Beginning]:
    def copied(template: str) -> str:
        return make_url(until_the_end.enter_context(new_database(template))).database

    with new_database("migrated") as url:
        return go_through(url, lambda _name: copied(make_url(url).database))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, beginnings: Beginnings) -> Iterator[str]:
    """The URL of a database of each kind: migrated, and as far as the test's other fixtures say."""
    furthest = next((name for name in reversed(STEPS) if name in request.fixturenames), None)
    if request.param == "sqlite":
        template = beginnings["sqlite"][furthest].database if furthest else request.getfixturevalue("migrated_file")
        shutil.copy(template, tmp_path / "newsletter.db")
        yield f"sqlite:///{tmp_path}/newsletter.db"
    else:
        template = beginnings["postgresql"][furthest].database if furthest else "migrated"
        with request.getfixturevalue("new_postgres_database")(template) as url:
            yield url


@pytest.fixture
def clock() -> TwoClocks:
    """Both clocks of the house."""
    return TwoClocks()


@pytest.fixture
def post() -> Post:
    """A way out that takes everything."""
    return Post()


@pytest.fixture
def bare_house(store: Store, clock: TwoClocks) -> House:
    """A house with a list and no course."""
    return put_together(store, clock)


@pytest.fixture
def taught(bare_house: House) -> House:
    """A house with a list and a course of five letters."""
    return bare_house


@pytest.fixture
def house(taught: House) -> House:
    """A house with a list and a course of five letters: Lesson 0 (opening), 1, 2, 3, and 4 (closing)."""
    return taught


@pytest.fixture
def joined(taught: House, beginnings: Beginnings, clock: TwoClocks, post: Post) -> House:
    """Maria has confirmed, and her opening letter is the only mail owed."""
    return _begun_with("joined", taught, beginnings, clock, post)


@pytest.fixture
def welcomed(taught: House, beginnings: Beginnings, clock: TwoClocks, post: Post) -> House:
    """Maria has had her welcome, on a Monday at nine in Berlin; her first weekly letter comes tomorrow at nine."""
    return _begun_with("welcomed", taught, beginnings, clock, post)


@pytest.fixture
def begun(taught: House, beginnings: Beginnings, clock: TwoClocks, post: Post) -> House:
    """Maria has had her welcome and her first weekly letter."""
    return _begun_with("begun", taught, beginnings, clock, post)


@pytest.fixture
def maria(begun: House) -> House:
    """Maria has had her welcome and her first weekly letter, on a Tuesday at nine in Berlin."""
    return begun


def _begun_with(name: str, house: House, beginnings: Beginnings, clock: TwoClocks, post: Post) -> House:
    beginnings[house.store.engine.dialect.name][name].set_up(clock, post)
    return house
