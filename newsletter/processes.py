"""The processes of one machine: the web half, a worker, and a parent that watches both."""

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

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
log = logging.getLogger(__name__)

GRACE = 30.0
"""Seconds that children have to end after SIGTERM."""
_CALM = 10.0
"""A child that lived for so many seconds is restarted at once; a shorter life makes the next wait longer."""


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
