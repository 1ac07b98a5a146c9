"""What the tests at the front doors share: a whole house with a clock that stands still, and every mail it sent.

Nothing is faked but time: the mails went over real SMTP into the development inbox, the pages come from the
application that gunicorn serves, and a browser, where one is asked for, is Debian's Chromium.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from werkzeug.serving import WSGIRequestHandler, make_server

from newsletter.app import build_house
from newsletter.cli.preparing import prepare
from newsletter.settings import Settings
from newsletter.store.engine import Store
from newsletter.usecases import admins
from tests import made_once
from tests.web.stage import BEGIN, HandClock, Stage

made_once.share()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with little memory: its strength is argon2's business, and 200 ms a try would be ours."""
    monkeypatch.setattr(admins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(admins, "_NOBODY", admins._nobodys_hash())


class QuietHandler(WSGIRequestHandler):
    """The test server's own log would fill the tests' output."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class LateServer:
    """Listens first, so that its port can be in the base URL, and gets its application afterwards."""

    def __init__(self) -> None:
        self.application: Callable[..., Any] = lambda _environ, _start: []
        self._server = make_server("127.0.0.1", 0, self._call, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _call(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        answer = self.application(environ, start_response)
        try:  # the test server forgets to close a file when the browser has hung up
            return [b"".join(answer)]
        finally:
            if close := getattr(answer, "close", None):
                close()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def furnished_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the default list and the published course in it, to copy."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(migrated_file, folder / "newsletter.db")
    house = build_house(Settings(_env_file=None, data_dir=folder), HandClock(BEGIN))
    prepare(house)
    house.store.close()
    return folder / "newsletter.db"


@pytest.fixture
def new_stage(furnished_file: Path, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Call it with settings for a Stage on SQLite (or on `database_url=`); all are closed in the end."""
    stages: list[Stage] = []

    def make(*, trusted_proxies: int = 0, **settings: Any) -> Stage:
        folder = tmp_path / f"house{len(stages)}"
        folder.mkdir()
        if "database_url" not in settings:
            shutil.copy(furnished_file, folder / "newsletter.db")
        known = Settings(_env_file=None, data_dir=folder, trusted_proxies=trusted_proxies, **settings)
        stages.append(Stage.open(known))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    """A house on SQLite with every setting at its default."""
    return new_stage()


@pytest.fixture
def stage_on_both(new_stage: Callable[..., Stage], database_url: str) -> Stage:
    """A house on SQLite and on PostgreSQL."""
    made = new_stage(database_url=database_url)
    prepare(made.house)
    return made


@pytest.fixture
def serving() -> Iterator[Callable[[], LateServer]]:
    """Call it for a server on loopback that waits for its application."""
    servers: list[LateServer] = []

    def start() -> LateServer:
        servers.append(LateServer())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def live(new_stage: Callable[..., Stage], serving: Callable[[], LateServer]) -> Stage:
    """A house that a browser can visit at its base URL."""
    server = serving()
    made = new_stage(base_url=server.url)
    server.application = made.web
    return made


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold SQLite's write lock, as another process would."""
    with store.engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        other.rollback()
