"""The processes of one machine: gunicorn for the web, a worker, and a parent that watches both."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from newsletter.scheduling.clockwork import ClockTower
from newsletter.usecases.house import House

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
log = logging.getLogger(__name__)

GRACE = 30.0
"""Seconds that children have to end after SIGTERM."""
_THREADS = 16
_CALM = 10.0
"""A child that lived for so many seconds is restarted at once; a shorter life makes the next wait longer."""


class _DiscreetLogger(Logger):  # type: ignore[misc]
    """Gunicorn's log without what visitors sent: a request line holds tokens, a header may hold an address (S15)."""

    def warning(self, msg: str, *args: object, **kwargs: object) -> None:
        """Say that a request made no sense, and nothing of it."""
        super().warning("A request could not be read." if msg.startswith("Invalid request") else msg, *args, **kwargs)

    def exception(self, msg: str, *_args: object, **_kwargs: object) -> None:
        """Name the kind of a failure in place of the path and the trace."""
        super().error("%s: %s", msg.partition(" %")[0], type(sys.exc_info()[1]).__name__)


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one process and threads, without an access log: paths hold tokens."""

    def __init__(self, application: Any, host: str, port: int) -> None:
        """Bind later, in `run`."""
        self.application = application
        self.where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn needs to know."""
        settings = {
            "bind": self.where,
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            "timeout": 60,
            "graceful_timeout": 20,
            "loglevel": "warning",
            "logger_class": _DiscreetLogger,
            "limit_request_line": 4094,
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Give gunicorn the application."""
        return self.application


def work(house: House) -> None:
    """Be a worker until SIGTERM or Ctrl-C: plan when leading, send always."""
    tower = ClockTower(house)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: tower.stop())
    tower.run()


def supervise(commands: Sequence[Sequence[str]], ready: Callable[[], None]) -> int:
    """Run commands of this program as children, restart one that dies, end all of them on a signal.

    Returns the exit status: 0 after a clean end, 1 when a child had to be killed.
    """
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    children = [_Child(command) for command in commands]
    for child in children:
        child.start()
    ready()
    while not ending.wait(0.5):
        for child in children:
            child.watch()
    for child in children:
        child.ask_to_end()
    ended_well = [child.wait_for_end() for child in children]
    return 0 if all(ended_well) else 1


def begin(command: Sequence[str], env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start a command of this program as a child that ends when this process does, even by kill -9 (on Linux)."""
    parent = os.getpid()
    # A session of its own: Ctrl-C reaches the parent alone, which then ends the children in order.
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "newsletter", *command],
        env=env,
        start_new_session=True,
        preexec_fn=(lambda: _end_with(parent)) if _LIBC else None,
    )


def _end_with(parent: int) -> None:
    """Ask the kernel for SIGTERM at the parent's death (prctl(2)); it may have died before we asked."""
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class _Child:
    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.wait = 0.5
        self.start_again_at: float | None = None

    def start(self) -> None:
        self.process = begin(self.command)
        self.started, self.start_again_at = time.monotonic(), None

    def watch(self) -> None:
        assert self.process is not None
        if self.start_again_at is not None:
            if time.monotonic() >= self.start_again_at:
                self.start()
        elif self.process.poll() is not None:
            lived = time.monotonic() - self.started
            self.wait = 0.5 if lived > _CALM else min(self.wait * 2, 30.0)
            log.error(
                "%s ended with status %s; starting it again in %.0f s",
                self.command[0],
                self.process.returncode,
                self.wait,
            )
            self.start_again_at = time.monotonic() + self.wait

    def ask_to_end(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()

    def wait_for_end(self) -> bool:
        assert self.process is not None
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True
