"""The `newsletter` command as a process of its own, without paying for its imports each time.

A story gives some twenty commands, and importing the house takes over a second of CPU. So the commands are forked
from a process that has imported it already and compiled its templates (multiprocessing's fork server, `warming.py`),
and do from there what `python -m newsletter` does: own process id, own environment, own standard streams, an exit
status, killable.
`test_bad_input.py` and `test_run.py` start the program the long way.
"""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

_forks = multiprocessing.get_context("forkserver")
_PRELOADED = ["campaigns", "courses", "doctor", "people"]
_forks.set_forkserver_preload(
    [
        *("newsletter.cli", "newsletter.serving", "newsletter.web", "newsletter.scheduling.clockwork", "rich.table"),
        *(f"newsletter.cli.{branch}" for branch in _PRELOADED),
        "tests.story.warming",
        "tests.story.processes",
    ]
)

PATIENCE = 240.0
"""Seconds that a command may take before the test gives up."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


class Command:
    """A `newsletter` command that runs."""

    def __init__(self, arguments: Sequence[str], env: dict[str, str], folder: Path, name: str) -> None:
        """Start it in `folder`, where its words go into files that begin with `name`."""
        self.arguments = list(arguments)
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        self.process: BaseProcess = _forks.Process(
            target=_be_the_command, args=(self.arguments, env, str(folder), str(self._out), str(self._err))
        )
        self.process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process.pid is not None
        return self.process.pid

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.is_alive()

    def wait(self) -> Said:
        """Let it end."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
            raise AssertionError(f"newsletter {' '.join(self.arguments)} did not end; it said:\n{self.words()}")
        return Said(self.process.exitcode or 0, _read(self._out), _read(self._err))

    def words(self) -> str:
        """All that it said so far."""
        return _read(self._out) + _read(self._err)

    def end(self, *, kill: bool = False) -> Said:
        """SIGTERM, or SIGKILL; then wait."""
        if self.process.is_alive():
            (self.process.kill if kill else self.process.terminate)()
        return self.wait()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _be_the_command(arguments: list[str], env: dict[str, str], folder: str, out: str, err: str) -> None:
    for number, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["newsletter", *arguments]
    warnings.simplefilter("error")
    from newsletter.cli import main

    main(arguments, prog_name="newsletter")
