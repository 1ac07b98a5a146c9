"""`newsletter demo`: the same code on a business clock that runs a week in about twenty seconds."""

import os
import re
import shutil
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from newsletter import app, processes
from newsletter.cli.preparing import prepare
from newsletter.cli.speaking import quiet_logs, refusing, settings
from newsletter.clocks import reach
from newsletter.domain.subscriber import Subscriber
from newsletter.mail.inbox import CapturedMail, newest
from newsletter.mail.transport import Transport
from newsletter.scheduling import clockwork
from newsletter.settings import Settings
from newsletter.store import enrollments, ledger
from newsletter.store.engine import Transaction
from newsletter.usecases import campaigns, people
from newsletter.usecases.house import House

HOUR = timedelta(hours=1)
HOURS_A_WEEK = 168
LONGEST = 30 * HOURS_A_WEEK
_LINK = re.compile(r"https?://\S+/(confirm|preferences|unsubscribe)/[\w-]{43}")


@dataclass(slots=True)
class Guest:
    """A sample subscriber: she signs up, and perhaps pauses or leaves in some week."""

    name: str
    zone: str
    pauses_in_week: int = 0
    leaves_in_week: int = 0
    happened: list[str] = field(default_factory=list)

    @property
    def email(self) -> str:
        """An address that nobody has (RFC 2606)."""
        return f"{self.name.lower()}@example.org"


def _guests() -> list[Guest]:
    return [
        Guest("Dana", "America/Denver"),
        Guest("Bela", "Europe/Berlin", pauses_in_week=3),
        Guest("Kiran", "Asia/Kolkata", leaves_in_week=5),
        Guest("Lou", "Australia/Lord_Howe"),
    ]


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where the inbox can be watched; a free one if left out.")
@click.option("--week", default=20.0, show_default=True, type=click.FloatRange(0), help="Seconds that a week takes.")
def demo(port: int | None, week: float) -> None:
    """The course in time-lapse, with an inbox to watch; ends by itself after the farewell."""
    quiet_logs()
    folder = settings().data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    known = _settings(folder, port or _free_port())
    with refusing():
        house = app.build_house(known)
    try:
        _play(house, known, folder, week)
    except KeyboardInterrupt:
        click.echo("Ended.")
    finally:
        house.store.close()


def _settings(folder: Path, port: int) -> Settings:
    values = {"data_dir": folder, "base_url": f"http://127.0.0.1:{port}", "timezone": "Europe/Berlin"}
    own = {"sender": "Evening Letters <letters@example.org>", "postal_address": "1 Example Street, Example Town"}
    clean = {name: Settings.model_fields[name].default for name in Settings.model_fields}
    return Settings.model_construct(**{**clean, **values, **own})


def _play(house: House, known: Settings, folder: Path, week: float) -> None:
    start = house.clock.machine().replace(minute=0, second=0, microsecond=0) + HOUR
    with refusing():
        house.store.upgrade()
        reach(house.store, start)
        prepare(house)
    port = known.base_url.rpartition(":")[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    for name in ("data_dir", "base_url", "timezone", "sender", "postal_address"):
        environment[f"NEWSLETTER_{name.upper()}"] = str(getattr(known, name))
    web = processes.begin(["web", "--port", port], environment)
    transport = house.open_transport()
    try:
        _Stage(house, transport, folder, week).run(start)
    finally:
        transport.close()
        web.terminate()
        web.wait(20)


class _Stage:
    def __init__(self, house: House, transport: Transport, folder: Path, week: float) -> None:
        self.house, self.clock, self.transport = house, house.clock, transport
        self.inbox, self.pace = folder / "inbox", week / HOURS_A_WEEK
        self.guests = _guests()
        self.holder = clockwork.name_holder()
        self.console = Console()

    def run(self, start: datetime) -> None:
        """Sign the guests up, then move the clock on, an hour at a time, until nobody awaits a letter."""
        base = self.house.letterhead.base_url
        _wait_for(base)
        self.console.print(f"\n  Watch the letters arrive: {base}/inbox     (Ctrl-C ends the demo)\n")
        for guest in self.guests:
            self._post("/subscribe", email=guest.email, name=guest.name, timezone=guest.zone)
        self._tick()
        for guest in self.guests:
            self._post(self._link_to(guest, "confirm"))
        self._tick()
        if self.console.is_terminal:
            with Live(self._view(), console=self.console, refresh_per_second=8, transient=False) as live:
                self._run_on(start, lambda _hour: live.update(self._view()))
        else:
            self._run_on(start, self._say_week)
            self.console.print(self._view())
        count = len(list(self.inbox.glob("*.eml")))
        sent = self._sent()
        self.console.print(f"\n  The farewell has gone out: the ledger says {sent} sent, the inbox holds {count}.")
        self.console.print(f"  Look again: NEWSLETTER_DATA_DIR={self.inbox.parent} make run\n")

    def _run_on(self, start: datetime, show: Callable[[int], None]) -> None:
        for hour in range(1, LONGEST):
            begun = self.clock.machine()
            self._hour(start + hour * HOUR, hour)
            show(hour)
            if self._is_over():
                return
            time.sleep(max(0.0, self.pace - (self.clock.machine() - begun).total_seconds()))

    def _say_week(self, hour: int) -> None:
        """One line a week, for whoever reads the output from a file or through a pipe."""
        if hour % HOURS_A_WEEK:
            return
        with self.house.store.reading() as tx:
            letters = {guest.name: len(self._letters(tx, guest)) for guest in self.guests}
        counted = ", ".join(f"{name} {count}" for name, count in letters.items())
        click.echo(f"Week {hour // HOURS_A_WEEK:2} is over, {self.clock.now():%d %B %Y}. Letters so far: {counted}.")

    def _hour(self, now: datetime, hour: int) -> None:
        reach(self.house.store, now)
        self.house.current()
        if hour % HOURS_A_WEEK == HOURS_A_WEEK // 2:
            self._live_a_little(hour // HOURS_A_WEEK + 1)
        self._tick()

    def _live_a_little(self, week: int) -> None:
        for guest in self.guests:
            if guest.pauses_in_week == week:
                self._post(self._link_to(guest, "preferences"), action="pause", weeks="4")
                guest.happened.append(f"paused in week {week} for four weeks")
            if guest.leaves_in_week == week:
                self._post(self._link_to(guest, "unsubscribe"), **{"List-Unsubscribe": "One-Click"})
                guest.happened.append(f"left in week {week} with one click")
        if week == 6:
            body = "Dear {{ name }},\n\nthere is a new article, on small rituals. You find it where you found us.\n"
            campaigns.queue(self.house, campaigns.create(self.house, subject="A new article", body=body))

    def _tick(self) -> None:
        clockwork.tick(self.house, self.transport, holder=self.holder)

    def _post(self, path: str, **form: str) -> None:
        url = path if path.startswith("http") else self.house.letterhead.base_url + path
        with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=30) as answer:  # noqa: S310
            answer.read()

    def _link_to(self, guest: Guest, kind: str) -> str:
        for mail in self._mails_of(guest):
            for found in _LINK.finditer(mail.text):
                if found[1] == kind:
                    return found[0]
        raise click.ClickException(f"No mail to {guest.name} holds a link to {kind}.")

    def _mails_of(self, guest: Guest) -> list[CapturedMail]:
        return [mail for mail in newest(self.inbox, 500) if guest.email in mail.to]

    def _is_over(self) -> bool:
        with self.house.store.reading() as tx:
            for guest in self.guests:
                person = people.find(self.house, tx, guest.email)
                if any(one.next_due_at is not None for one in enrollments.of_subscriber(tx, person.id)):
                    return False
        return True

    def _sent(self) -> int:
        with self.house.store.reading() as tx:
            return ledger.count_by_state(tx).get("sent", 0)

    def _view(self) -> Table:
        now = self.clock.now()
        table = Table(title=f"{now:%A, %d %B %Y, %H:00} UTC", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for title in ("Who", "Her clock", "Letters", "Last letter", "Next", "What happened"):
            table.add_column(title, no_wrap=title != "What happened")
        with self.house.store.reading() as tx:
            for guest in self.guests:
                person = people.find(self.house, tx, guest.email)
                lessons = self._letters(tx, guest)
                table.add_row(
                    guest.name,
                    f"{now.astimezone(ZoneInfo(guest.zone)):%a %H:%M} {guest.zone.rpartition('/')[2]}",
                    str(len(lessons)),
                    lessons[-1]["lesson"] if lessons else "",
                    self._next(tx, person, guest),
                    "; ".join(guest.happened),
                )
        return table

    def _letters(self, tx: Transaction, guest: Guest) -> list[dict[str, Any]]:
        owed = ledger.everything(tx, subscriber=people.find(self.house, tx, guest.email).id)
        return [row for row in owed if row["state"] == "sent" and row["kind"] == "lesson"]

    def _next(self, tx: Transaction, person: Subscriber, guest: Guest) -> str:
        for one in enrollments.of_subscriber(tx, person.id):
            if one.next_due_at is not None:
                return f"{one.next_due_at.astimezone(ZoneInfo(guest.zone)):%a %d %b, %H:%M}"
            return "" if one.state == "left" else "the end"
        return ""


def _free_port() -> int:
    for port in (8000, 0):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise click.ClickException("No free port was found. Name one with --port.")


def _wait_for(base: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    raise click.ClickException("The web half did not start. See the lines above.")
