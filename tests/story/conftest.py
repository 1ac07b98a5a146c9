"""Houses for the stories: of each kind of database, furnished as `newsletter db upgrade` leaves them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.conftest import _once
from tests.scripted_smtp import Script, ScriptedSmtp
from tests.story.house import SECRET, House

MONDAY = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
OpenHouse = Callable[..., House]


@pytest.fixture(scope="session")
def furnished_file(shared_folder: Path) -> Path:
    """An SQLite file with the list and the course in it, to copy."""
    file = shared_folder / "furnished.db"
    _once(shared_folder / "furnished-sqlite.lock", lambda: _furnish(shared_folder / "sqlite", f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def furnished_database(postgres_url: str, shared_folder: Path) -> str:
    """The name of a PostgreSQL database with the list and the course in it, to copy."""

    def make() -> None:
        with psycopg.connect(host=str(shared_folder), user="newsletter", dbname="postgres", autocommit=True) as server:
            server.execute("CREATE DATABASE furnished")
        _furnish(shared_folder / "postgresql", postgres.url(shared_folder, "furnished"))

    _once(shared_folder / "furnished-postgresql.lock", make)
    return "furnished"


def _furnish(data: Path, url: str) -> None:
    settings = {"NEWSLETTER_DATA_DIR": str(data), "NEWSLETTER_DATABASE_URL": url, "NEWSLETTER_SECRET_KEY": SECRET}
    # On another day than any story, for a house whose clock begins on the same day goes on with the same clock.
    begun = {"NEWSLETTER_CLOCK": "2026-01-01T00:00Z", "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-m", "newsletter", "db", "upgrade"], env=settings | begun, check=True, timeout=60)


@pytest.fixture(params=["sqlite", "postgresql"])
def furnished_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, furnished database of each kind."""
    if request.param == "sqlite":
        (tmp_path / "var").mkdir()
        shutil.copy(request.getfixturevalue("furnished_file"), tmp_path / "var" / "newsletter.db")
        yield f"sqlite:///{tmp_path}/var/newsletter.db"
    else:
        with request.getfixturevalue("new_postgres_database")(request.getfixturevalue("furnished_database")) as url:
            yield url


@pytest.fixture
def open_house(furnished_url: str, tmp_path: Path) -> Iterator[OpenHouse]:
    """Call it for a house; `at` is its business time, `script` what its mail server does, the rest are settings."""
    with ExitStack() as open_now:

        def make(*, at: datetime = MONDAY, script: Script = lambda moment: None, **settings: str) -> House:
            smtp = open_now.enter_context(ScriptedSmtp(script))
            house = House(tmp_path, furnished_url, at, smtp, {f"NEWSLETTER_{k}": v for k, v in settings.items()})
            open_now.callback(house.close_doors)
            return house

        yield make


@pytest.fixture
def house(open_house: OpenHouse) -> House:
    """A house on the Monday on which most stories begin, ten o'clock UTC."""
    return open_house()
