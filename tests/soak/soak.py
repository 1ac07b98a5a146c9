"""What takes minutes: `make soak`, or `python -m tests.soak.soak`. Writes what came of it to docs/soak.md."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from newsletter.store import scratch
from tests.bench.field import a_postgres, a_sink, say
from tests.soak.blows import Came, rain
from tests.soak.troubles import TROUBLES

PAGE = Path(__file__).parents[2] / "docs" / "soak.md"
BEGINS, ENDS = "<!-- make soak: begins -->", "<!-- make soak: ends -->"
_COLUMNS = "readers", "seconds", "per_second", "cpu_us_per_message", "peak_rss_mb", "queue_seconds"


def main() -> int:
    """Do all of it. Returns 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=10_000, help="of the campaign whose sender is ended")
    parser.add_argument("--blows", type=int, default=50)
    parser.add_argument("--million", type=int, default=1_000_000, help="readers of the largest campaign; 0: none")
    parser.add_argument("--troubles", type=int, default=1, help="0: none of what else may befall a sender")
    parser.add_argument("--dry", action="store_true", help="print, and leave the page as it is")
    given = parser.parse_args()
    with a_postgres() as server, tempfile.TemporaryDirectory(dir="/tmp", prefix="soak") as folder:
        lines, holds = _blows(Path(folder), server, given.readers, given.blows)
        if given.troubles:
            more, sound = _troubles(Path(folder))
            lines, holds = [*lines, "", *more], holds and sound
        if given.million:
            more, flat = _million(server, given.million)
            lines, holds = [*lines, "", *more], holds and flat
    page = "\n".join([f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores.", "", *lines])
    say(page)
    if not given.dry:
        before, _, rest = PAGE.read_text().partition(BEGINS)
        PAGE.write_text(f"{before}{BEGINS}\n{page}\n{ENDS}{rest.partition(ENDS)[2]}")
    return 0 if holds else 1


def _blows(folder: Path, server: str, readers: int, blows: int) -> tuple[list[str], bool]:
    lines = [
        "| store | ended by | times | readers | lost (L) | copies too many (D) | allowed | seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    holds = True
    for store in ("sqlite", "postgresql"):
        for how, times in ((signal.SIGKILL, blows), (signal.SIGTERM, max(1, blows // 5))):
            came = _rain(folder / f"{store}-{how}", server if store == "postgresql" else "", readers, times, how)
            most = 2 * 10 * came.blows if how == signal.SIGKILL else 0
            holds = holds and came.holds and came.doubled <= most
            lines.append(
                f"| {store} | {how.name} | {came.blows} | {readers:,} | {came.lost} | {came.doubled} | {most}"
                f" | {came.seconds:.0f} |"
            )
            say(lines[-1] + ("" if came.holds else f"  {dict(came.states)}"))
    return lines, holds


def _troubles(folder: Path) -> tuple[list[str], bool]:
    lines = [
        "| what befell the sender | readers | lost (L) | copies too many (D) | held | |",
        "| --- |" + " ---: |" * 3 + " --- | --- |",
    ]
    holds = True
    for trouble in TROUBLES:
        place = folder / trouble.__name__
        place.mkdir()
        came = trouble(place)
        holds = holds and came.holds
        lines.append(str(came))
        say(lines[-1])
    return lines, holds


def _rain(folder: Path, server: str, readers: int, blows: int, how: signal.Signals) -> Came:
    folder.mkdir()
    if not server:
        return rain(folder, "", readers=readers, blows=blows, how=how)
    with scratch.postgresql(server) as database:
        return rain(folder, database, readers=readers, blows=blows, how=how)


def _million(server: str, most: int) -> tuple[list[str], bool]:
    """A tenth of it, and all of it: memory must not grow with the list (10 %), nor pass 150 MB a process."""
    lines = [f"| store | {' | '.join(name.replace('_', ' ') for name in _COLUMNS)} |", f"| --- |{' ---: |' * 6}"]
    holds = True
    with a_sink() as port:
        for store, longest in (("sqlite", 5.0), ("postgresql", 15.0)):
            found = [_send(store, server, readers, port) for readers in (most // 10, most)]
            holds = holds and _is_flat(found, longest)
            for one in found:
                numbers = " | ".join(f"{one[name]:,.1f}".removesuffix(".0") for name in _COLUMNS)
                lines.append(f"| {store} | {numbers} |")
                say(lines[-1])
    return lines, holds


def _is_flat(found: list[dict[str, float]], longest: float) -> bool:
    small, large = found
    memory = large["peak_rss_mb"]
    return memory < 150 and memory <= 1.1 * small["peak_rss_mb"] and large["queue_seconds"] < longest


def _send(store: str, server: str, readers: int, port: int) -> dict[str, float]:
    words = ["bench", "send", "--json", "--recipients", str(readers), "--smtp", f"127.0.0.1:{port}", "--store", store]
    command = [Path(sys.executable).with_name("newsletter"), *words]
    env = os.environ | {"NEWSLETTER_DATABASE_URL": server if store == "postgresql" else ""}
    done = subprocess.run(command, check=True, capture_output=True, env=env)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured | {"readers": readers}


if __name__ == "__main__":
    sys.exit(main())
