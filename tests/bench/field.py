"""Our sender beside others, on one machine, in one run: `make bench`, or `python -m tests.bench.field`.

All of them send to one test server in turn, round by round, so that what disturbs the machine disturbs all of them.
What is told is the median. Writes docs/benchmarks.md between its marks, and the picture beside it.
"""

import argparse
import json
import multiprocessing
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests import postgres
from tests.bench import peers
from tests.bench.picture import bars

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "pictures" / "field.svg"
BEGINS, ENDS = "<!-- make bench: begins -->", "<!-- make bench: ends -->"
LETTER = 8220
"""Bytes of our letter; the others send as many."""
ROUND_TRIP = 20.0
"""Milliseconds of the long road."""


@dataclass(slots=True)
class Runner:
    """One of those that send. `share` of the messages keeps the slow ones from taking all of the time."""

    name: str
    send: Callable[[int, int, int], float]
    share: float = 1.0
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second, the median of the rounds."""
        return statistics.median(self.rates)


def main() -> int:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry", action="store_true", help="print, and leave the page as it is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="bench") as folder, a_sink() as port, a_postgres() as database:
        runners = _field(Path(folder), database)
        for number in range(given.rounds):
            for runner in runners[number % len(runners) :] + runners[: number % len(runners)]:
                many = int(given.messages * runner.share)
                runner.rates.append(runner.send(many, port, LETTER))
                say(f"round {number + 1}: {runner.name:44} {runner.rates[-1]:10,.0f} a second")
        trips = _round_trips(given.messages // 2, port)
    page = _table(runners, trips)
    say(page)
    if not given.dry:
        before, _, rest = PAGE.read_text().partition(BEGINS)
        PAGE.write_text(f"{before}{BEGINS}\n{page}\n{ENDS}{rest.partition(ENDS)[2]}")
        shown = [(one.name, one.rate) for one in runners if one.name not in _NOT_SHOWN]
        PICTURE.write_text(bars("Messages of 8 kB a second, on two cores", shown))
    return 0


SOURCE, OURS, TWO = "smtp-source (C, Postfix)", "this sender, SQLite", "this sender, PostgreSQL, two processes"
RAW, COMPOSED = "nodemailer, pool, raw", "nodemailer, pool, composed"
RSA, BARE = "this sender, SQLite, DKIM RSA-2048", "RSA-2048 signatures alone, two processes"
_NOT_SHOWN = (RSA, BARE)


def _field(folder: Path, database: str) -> list[Runner]:
    return [
        Runner(SOURCE, peers.smtp_source),
        Runner(OURS, lambda many, port, _: _ours(many, port)["per_second"]),
        Runner(TWO, lambda many, port, _: _ours(many, port, *_TWO, database=database)["per_second"]),
        Runner(RAW, peers.Nodemailer(folder, raw=True), 0.4),
        Runner(COMPOSED, peers.Nodemailer(folder, raw=False), 0.2),
        Runner("smtplib, ten threads", peers.python_smtplib, 0.4),
        Runner("this sender, SQLite, DKIM Ed25519", lambda many, port, _: _signed("ed25519", many, port)),
        Runner(RSA, lambda many, port, _: _signed("rsa", many, port), 0.4),
        Runner(BARE, lambda many, *_: _signatures(many), 0.1),
    ]


_TWO = ("--store", "postgresql", "--processes", "2")


def _ours(many: int, port: int, *words: str, database: str = "") -> dict[str, float]:
    command = [Path(sys.executable).with_name("newsletter"), "bench", "send", "--json", "--recipients", str(many)]
    where = os.environ | {"NEWSLETTER_DATABASE_URL": database} if database else None
    smtp = ["--smtp", f"127.0.0.1:{port}", "--connections", str(peers.CONNECTIONS)]
    done = subprocess.run([*command, *smtp, *words], check=True, capture_output=True, env=where)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _signed(kind: str, many: int, port: int) -> float:
    return _ours(many, port, "--dkim", kind)["per_second"]


def _signatures(many: int) -> float:
    """How many bare signatures two cores make in a second."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return sum(pool.map(_sign_for_a_while, [many // 2] * 2, chunksize=1))


def _sign_for_a_while(many: int) -> float:
    key = rsa.generate_private_key(65537, 2048)
    words, how, digest = os.urandom(32), padding.PKCS1v15(), hashes.SHA256()
    began = time.perf_counter()
    for _ in range(many):
        key.sign(words, how, digest)
    return many / (time.perf_counter() - began)


def _round_trips(many: int, port: int) -> float:
    """Round trips for each message of a connection, on a road of 20 ms."""
    seconds = _ours(many, port, "--rtt", str(ROUND_TRIP))["seconds"]
    return seconds * peers.CONNECTIONS / many / (ROUND_TRIP / 1000)


def _table(runners: list[Runner], trips: float) -> str:
    rates = {runner.name: runner.rate for runner in runners}
    rows = [f"| {one.name} | {one.rate:,.0f} | {one.rate / rates[SOURCE]:.2f} |" for one in runners]
    ours = rates[OURS]
    return "\n".join(
        [
            f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, Python {platform.python_version()};"
            f" medians of {len(runners[0].rates)} alternated rounds, load {os.getloadavg()[2]:.1f} in the last quarter"
            " of an hour.",
            "",
            "| sender | messages a second | times smtp-source |",
            "| --- | ---: | ---: |",
            *rows,
            "",
            f"This sender (SQLite, bookkeeping and crash safety on): {ours / rates[SOURCE]:.2f} times smtp-source,"
            f" {ours / rates[RAW]:.1f} times nodemailer raw, {ours / rates[COMPOSED]:.1f} times nodemailer composed."
            f" PostgreSQL with two processes: {rates[TWO] / rates[SOURCE]:.2f} times smtp-source."
            f" With DKIM RSA-2048: {rates[RSA] / rates[BARE]:.2f} times the bare signatures that two cores make."
            f" On a road of {ROUND_TRIP:.0f} ms: {trips:.2f} round trips a message and connection.",
        ]
    )


@contextmanager
def a_sink() -> Iterator[int]:
    """Postfix's test server, which takes everything and keeps nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    as_whom = ["-u", "nobody"] if os.geteuid() == 0 else []
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "smtp-sink is missing: it comes with Debian's package postfix"
    sink = subprocess.Popen([program, *as_whom, f"127.0.0.1:{port}", "1000"])
    try:
        time.sleep(0.5)
        yield port
    finally:
        sink.terminate()
        sink.wait()


@contextmanager
def a_postgres() -> Iterator[str]:
    """A server with the durability that PostgreSQL has by itself."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="pg"))
    caretaker = postgres.watch(folder)
    try:
        postgres.start(folder, {"listen_addresses": "", "shared_buffers": "256MB"})
        yield postgres.url(folder, "postgres")
    finally:
        caretaker.communicate()


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
