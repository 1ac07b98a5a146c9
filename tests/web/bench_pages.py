"""How long every page of the studio takes in a large house: `make bench-pages`, or `python -m tests.web.bench_pages`.

It fills a SQLite file in a folder of its own, starts the web half as people run it (gunicorn, one process), signs in
as the owner and asks for every page of the URL map, round by round. The first round warms up and is not counted.
"""

import argparse
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from newsletter.app import build_house
from newsletter.cli.preparing import prepare
from newsletter.clocks import SystemClock
from newsletter.settings import Settings
from newsletter.usecases import admins, campaigns, lessons
from newsletter.usecases.house import House
from newsletter.web import create_web
from tests.web.seeding import CAMPAIGNS, seed
from tests.web.stage import PASSWORD
from tests.web.studio_pages import paths

LIMIT = 300.0
"""Milliseconds within which 95 of 100 answers must be there."""
_CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')


class Owner:
    """The owner's browser: one connection that stays open, and the cookies of a session."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """The status and the body of a page; with a form, of a POST."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._line.request("GET" if form is None else "POST", path, urlencode(form) if form else None, headers)
        answer = self._line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.read()

    def sign_in(self, email: str) -> None:
        token = _CSRF.search(self.ask("/admin/login")[1])
        assert token
        status, _ = self.ask("/admin/login", {"email": email, "password": PASSWORD, "csrf_token": token[1].decode()})
        assert status == 303, status


def furnish(folder: Path, people: int, deliveries: int) -> list[str]:
    """Fill a house in that folder. Returns the pages of its studio."""
    house = build_house(Settings(_env_file=None, data_dir=folder), SystemClock())
    prepare(house)
    person = seed(house, people=people, deliveries=deliveries)
    admins.set_up(house, admins.invite(house, "owner@example.org").rpartition("/")[2], PASSWORD)
    known = {"slug": "belonging", "key": "what-belonging-is", "list_slug": "letters", "word": "release"}
    whose = {"person": person.public_id, "campaign": f"c{CAMPAIGNS - 1:021}", "draft": _drafts(house)}
    pages = list(paths(create_web(house, inbox_folder=None), **known, **whose))
    house.store.close()
    return [page for page in pages if not page.startswith(("/admin/login", "/admin/setup"))]


def _drafts(house: House) -> str:
    """Change a lesson without publishing it, and write a campaign without queueing it; gives the campaign's name."""
    with house.store.reading() as tx:
        course = lessons.read(tx, "belonging")
    assert course
    first = course.lessons[1]
    lessons.save(house, "belonging", replace(first.text, title="Another title"), seen=first.digest)
    return campaigns.create(house, subject="Not yet", body="Dear {{ name }},\n\nsoon more.")


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """The web half over that folder; gives the port it listens at, and the number of its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    command = [sys.executable, "-m", "newsletter", "web", "--port", str(port)]
    web = subprocess.Popen(command, env={**known, "NEWSLETTER_DATA_DIR": str(folder)}, cwd=folder)
    try:
        for _ in range(300):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, web.pid
    finally:
        web.terminate()
        web.wait(30)


def worked(process: int) -> float:
    """Milliseconds that a process and its children have been on a core, by Linux's count; 0 elsewhere."""
    family = [str(process)]
    for line in (path for path in Path("/proc").glob("[0-9]*/stat")):
        with suppress(OSError):
            fields = line.read_text().rpartition(")")[2].split()
            if fields[1] == str(process):
                family.append(line.parent.name)
    spent = 0.0
    for task in (task for one in family for task in Path("/proc", one, "task").glob("*/schedstat")):
        with suppress(OSError):
            spent += int(task.read_text().split()[0]) / 1e6
    return spent


def measure(owner: Owner, pages: list[str], rounds: int, process: int) -> list["Row"]:
    """What each page took; the CPU time is that of the web half, and stays the same while other work fills the cores."""
    found: dict[str, Row] = {page: Row(page, 0) for page in pages}
    for turn in range(rounds + 1):
        for page, row in found.items():
            before, begun = worked(process), time.perf_counter()
            row.status, _ = owner.ask(page)
            if turn:
                row.times.append((time.perf_counter() - begun) * 1000)
                row.cpu.append(worked(process) - before)
    return list(found.values())


@dataclass
class Row:
    """A page, its status, and what each request took: milliseconds on the clock, and on a core."""

    page: str
    status: int
    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20)[-1]


def main() -> int:
    """Print the table, the slowest page first. Returns 1 when a page is slower than it may be."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--people", type=int, default=50_000)
    asked.add_argument("--deliveries", type=int, default=500_000)
    asked.add_argument("--rounds", type=int, default=40)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        pages = furnish(Path(folder), given.people, given.deliveries)
        _say(f"{given.people:,} people, {given.deliveries:,} deliveries in {time.perf_counter() - begun:.0f} s.")
        with served(Path(folder)) as (port, process):
            owner = Owner(port)
            owner.sign_in("owner@example.org")
            rows = measure(owner, pages, given.rounds, process)
    _say(f"{given.rounds} requests a page; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.", "")
    _say("| page | status | CPU ms | median ms | p95 ms |", "| --- | ---: | ---: | ---: | ---: |")
    for row in sorted(rows, key=lambda row: row.p95, reverse=True):
        cpu, middle = statistics.median(row.cpu), statistics.median(row.times)
        _say(f"| `{row.page}` | {row.status} | {cpu:.0f} | {middle:.0f} | {row.p95:.0f} |")
    over = [row for row in rows if row.p95 > LIMIT or row.status >= 400]
    _say("", f"{len(rows)} pages, {len(over)} of them over {LIMIT:.0f} ms or refused.")
    return 1 if over else 0


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    raise SystemExit(main())
