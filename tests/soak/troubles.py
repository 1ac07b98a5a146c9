"""F13, F14, F15, F24 and F25 with the real thing: a worker sends a campaign while something befalls it."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter import app
from newsletter.store import ledger
from newsletter.usecases.house import House
from tests import postgres
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, say
from tests.soak.blows import CONNECTIONS, environment, is_open, owe, settings

READERS = 10_000
PATIENCE = 400.0
"""Seconds that a campaign may take, with all that befalls it."""

LIMIT = 100
"""Messages a second that the server of F24 takes; whoever sends more hears 421."""

SETTLES = 60.0
"""Seconds in which the sender has to find that pace, and then as many in which it is counted, halved."""

NEWSLETTER = str(Path(sys.executable).with_name("newsletter"))


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: L letters lost, D copies too many, and whether all that was promised held."""

    what: str
    readers: int
    lost: int
    doubled: int
    holds: bool
    note: str = ""

    def __str__(self) -> str:
        held = "yes" if self.holds else "**no**"
        return f"| {self.what} | {self.readers:,} | {self.lost} | {self.doubled} | {held} | {self.note} |"


class Sending:
    """A campaign, its worker and the server that takes it."""

    def __init__(self, folder: Path, database: str, server: ScriptedSmtp, readers: int) -> None:
        self.folder = folder
        self.server = server
        self.readers = readers
        self.env = environment(folder, database, server.port)
        self.house: House = app.build_house(settings(self.env))
        owe(self.house, readers)
        self.worker = self.begin()

    def begin(self) -> "subprocess.Popen[bytes]":
        """A worker, as people run it."""
        with (self.folder / "worker.log").open("ab") as log:
            return subprocess.Popen([NEWSLETTER, "worker"], env=self.env, stdout=log, stderr=log)

    def wait_until(self, condition: Callable[[], bool], within: float = PATIENCE) -> bool:
        """Whether it came true in time."""
        end = time.monotonic() + within
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def is_half_done(self) -> bool:
        """Whether half of the letters were taken."""
        return len(self.server.accepted) >= self.readers // 2

    def come_to_an_end(self, what: str, *, most_doubled: int, note: str = "") -> Came:
        """Wait until all are sent, end the worker, and compare ledger and server."""
        done = self.wait_until(lambda: not is_open(self.house))
        lives = self.worker.poll() is None
        self.worker.send_signal(signal.SIGTERM)
        ended = self.worker.wait()
        with self.house.store.reading() as tx:
            states = ledger.count_by_state(tx)
        self.house.store.close()
        copies = Counter(one.recipients[0] for one in self.server.accepted)
        lost, doubled = self.readers - len(copies), sum(copies.values()) - len(copies)
        sound = done and lives and ended == 0 and states == {"sent": self.readers}
        return Came(what, self.readers, lost, doubled, sound and lost == 0 and doubled <= most_doubled, note)


def restart(folder: Path) -> Came:
    """F13: PostgreSQL ends at once, as if its machine had lost power, and comes back."""
    with _a_postgres() as cluster, _server() as server:
        sending = Sending(folder, postgres.url(cluster, "postgres"), server, READERS)
        sending.wait_until(sending.is_half_done)
        postgres.restart(cluster, gently=False)
        return sending.come_to_an_end("F13: PostgreSQL crashed and restarted", most_doubled=2 * CONNECTIONS)


def lock(folder: Path) -> Came:
    """F14: another program keeps SQLite locked for longer than anybody waits."""
    with _server() as server:
        sending = Sending(folder, "", server, READERS)
        sending.wait_until(sending.is_half_done)
        other = sqlite3.connect(folder / "newsletter.db", isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(20)  # the fault itself
        other.execute("ROLLBACK")
        other.close()
        return sending.come_to_an_end("F14: SQLite locked for 20 s by another program", most_doubled=0)


def full_disk(folder: Path) -> Came:
    """F15: the disk is full in mid-send, and has room again later. A file system of its own, so only root may."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
    try:
        with _server() as server:
            sending = Sending(folder, "", server, READERS)
            sending.wait_until(sending.is_half_done)
            with (folder / "ballast").open("wb") as ballast:
                _fill(ballast.fileno())
            time.sleep(1)  # what was in hand may still be settled
            before = len(server.accepted)
            time.sleep(20)  # the fault itself
            during = len(server.accepted) - before
            (folder / "ballast").unlink()
            note = f"{during} taken in 20 s without room"
            return sending.come_to_an_end("F15: disk full for 20 s", most_doubled=0, note=note)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def limit(folder: Path) -> Came:
    """F24: the server says 421 to whoever sends more than its limit."""
    stamps: deque[float] = deque()
    guard = threading.Lock()

    def at_most(moment: Moment) -> Act | None:
        if moment.stage != "MAIL":
            return None
        with guard:
            now = time.monotonic()
            while stamps and stamps[0] < now - 1:
                stamps.popleft()
            if len(stamps) >= LIMIT:
                return say("421 4.7.0 Too many messages, slow down", drop=True)
            stamps.append(now)
            return None

    readers = int(LIMIT * SETTLES * 2)
    with ScriptedSmtp(at_most) as server:
        sending = Sending(folder, "", server, readers)
        sending.wait_until(lambda: len(server.accepted) > 0)
        time.sleep(SETTLES)
        before = len(server.accepted)
        time.sleep(SETTLES / 2)
        rate = (len(server.accepted) - before) / (SETTLES / 2)
        came = sending.come_to_an_end("F24: 421 above 100 a second", most_doubled=0, note=f"{rate:.1f} a second")
    return Came(came.what, came.readers, came.lost, came.doubled, came.holds and rate >= 0.9 * LIMIT, came.note)


def upgrade(folder: Path) -> Came:
    """F25: `newsletter db upgrade` while ten thousand are owed and being sent."""
    with _server() as server:
        sending = Sending(folder, "", server, READERS)
        done = 0
        while not sending.is_half_done():
            done += subprocess.run([NEWSLETTER, "db", "upgrade"], env=sending.env, capture_output=True).returncode == 0
        return sending.come_to_an_end("F25: db upgrade with 10,000 queued", most_doubled=0, note=f"{done} times")


TROUBLES = (restart, lock, full_disk, limit, upgrade)


def _server() -> ScriptedSmtp:
    """It takes a thousand a second, so that there is time for something to happen."""
    wait = CONNECTIONS / 1000
    return ScriptedSmtp(lambda at: Act(b"250 2.0.0 Taken\r\n", wait=wait) if at.stage == "DOT" else None)


def _fill(file: int) -> None:
    for size in (1 << 20, 1 << 12, 1):
        try:
            while True:
                os.write(file, b"x" * size)
        except OSError:
            continue


@contextmanager
def _a_postgres() -> Iterator[Path]:
    """The folder of a cluster with the durability that PostgreSQL has by itself."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="pg"))
    caretaker = postgres.watch(folder)
    try:
        postgres.start(folder, {"listen_addresses": ""})
        yield folder
    finally:
        caretaker.communicate()
