"""What every test may ask for: a fresh database of either kind, and a Store on it.

One folder holds what the workers of a run share: the PostgreSQL cluster and the migrated databases that each
test gets a copy of. It is made by the first process (pytest's own, or xdist's controller) and watched over
until that ends.

Which tests run on both kinds of database: those of the store and of the use cases, whose statements differ or lock
differently, and stories of crashes and of many at once. A page, a command's words, or a story of rules that the use
cases have been asked on both kinds already needs one; the stories take turns (`pytestmark` in their modules).
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from playwright.sync_api import Browser
from sqlalchemy import Engine

from newsletter.store import engine
from newsletter.store.engine import Store
from tests import postgres
from tests.chromium import chromium

FOLDER = "TESTS_SHARED_FOLDER"
CARETAKER = pytest.StashKey()
ROOM = 4_000_000_000
"""Bytes that must be free in memory for a run's files to stay there; a whole run needs a fraction of it at a time."""


# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def _compiling_once(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Engines of one kind share what was compiled: each test opens its own, and compiling took a third of its time."""
    first: dict[str, Engine] = {}

    def made(url: str, **options: object) -> Engine:
        fresh = make(url, **options)
        model = first.setdefault(fresh.dialect.name, fresh)
        if hasattr(model.dialect, "server_version_info"):  # it has been connected, and knows what it talks to
            fresh.dialect, fresh._compiled_cache = model.dialect, model._compiled_cache
        return fresh

    return made


engine.create_engine = _compiling_once(engine.create_engine)


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        del os.environ[name]  # a developer's own settings are not the tests'
    if not hasattr(config, "workerinput"):
        place = _where_files_are_cheap()
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)  # where pytest makes every tmp_path
        # Not under pytest's folder: that is root's alone, and the user postgres must get in.
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="newsletter-", dir=place)
        config.stash[CARETAKER] = postgres.watch(Path(os.environ[FOLDER]))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: much of a test is waiting, for silence, for a pause, for a process to come up."""
    return len(os.sched_getaffinity(0)) + 1


def _where_files_are_cheap() -> str:
    """In memory where there is room: a database is three hundred files, and a disk took a third of a second for them.

    `/dev/shm` is in no container's way that has the usual 64 MB of it: then it is the disk after all.
    """
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if has_room else "/tmp"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: at the end of a run the workers share what is left, and one long test cannot be shared."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, item.path.parent.name != "story"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if caretaker := config.stash.get(CARETAKER, None):
        caretaker.communicate()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of this run, the same for all workers."""
    return Path(os.environ[FOLDER])


@pytest.fixture(scope="session")
def postgres_url(shared_folder: Path) -> str:
    """A URL into the run's one PostgreSQL cluster, with a migrated database named `migrated` in it."""

    def start() -> None:
        postgres.start(shared_folder)
        with psycopg.connect(host=str(shared_folder), user="newsletter", dbname="postgres", autocommit=True) as server:
            server.execute("CREATE DATABASE migrated")
        _migrate(postgres.url(shared_folder, "migrated"))

    _once(shared_folder / "postgres.lock", start)
    return postgres.url(shared_folder, "postgres")


@pytest.fixture(scope="session")
def migrated_file(shared_folder: Path) -> Path:
    """A migrated SQLite file, to copy."""
    file = shared_folder / "migrated.db"
    _once(shared_folder / "sqlite.lock", lambda: _migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def new_postgres_database(postgres_url: str, shared_folder: Path, worker_id: str):
    """Call it with a template's name for a context with the URL of a copy."""
    numbers = count(1)

    @contextmanager
    def make(template: str) -> Iterator[str]:
        name = f"{worker_id}_{next(numbers)}"
        # FILE_COPY: 20 ms a database with fsync off; the default, which writes it all to the journal, took 90.
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield postgres.url(shared_folder, name)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    with psycopg.connect(host=str(shared_folder), user="newsletter", dbname="postgres", autocommit=True) as server:
        yield make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for each worker. Ask for a new context in it, as if for a new device."""
    with chromium() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind: no tables yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/newsletter.db"
    else:
        with request.getfixturevalue("new_postgres_database")("template1") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database of each kind.

    For one kind only: `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "newsletter.db")
        yield f"sqlite:///{tmp_path}/newsletter.db"
    else:
        with request.getfixturevalue("new_postgres_database")("migrated") as url:
            yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A Store on a fresh, migrated database of each kind."""
    store = Store.open(database_url)
    yield store
    store.close()


def _migrate(url: str) -> None:
    store = Store.open(url)
    store.upgrade()
    store.close()


def _once(lock: Path, work: Callable[[], None]) -> None:
    """Do the work in the first process that comes; the others wait for it."""
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if not file.read():
            work()
            file.write("done")
