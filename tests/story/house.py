"""A house as its owner and its readers meet it: pages over HTTP, mail over SMTP, the `newsletter` command.

    maria = house.sign_up("maria@example.org", zone="America/Denver")
    maria.confirm()
    house.walk(until=SPRING)
    assert maria.subjects == [...]

Business time is the house's `now`: commands get it as --now, the web process as NEWSLETTER_CLOCK. It follows the
ticks, as all processes do, and is started anew, lazily, when it would be more than some minutes off all the same.
"""

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from newsletter.store import tables
from newsletter.store.engine import Store
from tests.scripted_smtp import Accepted, ScriptedSmtp
from tests.story.processes import Command, Said

SECRET = "a key for the stories, longer than 32 characters"
MINUTE, HOUR, DAY, WEEK = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1))
_CLOSE_ENOUGH = timedelta(minutes=5)
_LINK = re.compile(r"https?://[^\s<>\"]+/(confirm|preferences|unsubscribe|letters)/([\w-]{43})")


@dataclass(frozen=True, slots=True)
class Page:
    """What a door answered."""

    status: int
    text: str
    headers: dict[str, str]


class Mail:
    """A mail as the SMTP server took it."""

    def __init__(self, accepted: Accepted) -> None:
        """Parse it as strictly as the standard library can."""
        parsed = BytesParser(policy=policy.default.clone(raise_on_defect=True)).parsebytes(accepted.data)
        assert isinstance(parsed, EmailMessage)
        self.message = parsed
        self.to = accepted.recipients
        self.message_id = accepted.message_id
        self.subject = str(parsed["Subject"])
        self.date = parsedate_to_datetime(str(parsed["Date"]))

    @property
    def text(self) -> str:
        """Its text part."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        """Its HTML part."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    def link(self, kind: str) -> str:
        """The link for a purpose: confirm, preferences, unsubscribe, letters."""
        found = {match[0] for match in _LINK.finditer(self.text + self.html) if match[1] == kind}
        assert len(found) == 1, f"{len(found)} links to {kind} in “{self.subject}”"
        return found.pop()

    def links(self) -> list[str]:
        """All of our links that carry a token."""
        return sorted({match[0] for match in _LINK.finditer(self.text + self.html)})

    @property
    def one_click(self) -> str:
        """The address that a mail program posts to when its user presses Unsubscribe (RFC 8058)."""
        assert self.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        match = re.search(r"<(https?://[^>]+)>", str(self.message["List-Unsubscribe"]))
        assert match
        return match[1]


@dataclass
class House:
    """One installation: its settings, its web process, its mail server, its business time."""

    folder: Path
    database_url: str
    now: datetime
    smtp: ScriptedSmtp
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port())
    running: Command | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _web: Command | None = None
    _web_began: tuple[datetime, float] | None = None
    _ticked: datetime | None = None
    _parsed: list[Mail] = field(default_factory=list)

    # What the owner does

    @property
    def env(self) -> dict[str, str]:
        """The settings, as an environment."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "NEWSLETTER_DATA_DIR": str(self.folder / "var"),
            "NEWSLETTER_DATABASE_URL": self.database_url,
            "NEWSLETTER_BASE_URL": f"http://127.0.0.1:{self.port}",
            "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{self.smtp.port}?starttls=never",
            "NEWSLETTER_SECRET_KEY": SECRET,
            "NEWSLETTER_CLOCK": self.now.isoformat(),
            "NEWSLETTER_SENDER": "Letters <letters@example.org>",
            "NEWSLETTER_TIMEZONE": "Europe/Berlin",
            **self.settings,
        }

    def begin(self, *arguments: object) -> Command:
        """Start a `newsletter` command and do not wait for it."""
        return Command([str(one) for one in arguments], self.env, self.folder, f"{next(self._numbers)}-{arguments[0]}")

    def command(self, *arguments: object) -> str:
        """Give a `newsletter` command that must go well without a word on stderr. Returns what it printed."""
        said = self.begin(*arguments).wait()
        assert (said.status, said.err) == (0, ""), f"newsletter {arguments}: {said}"
        return said.out

    def refused(self, *arguments: object) -> Said:
        """Give a command that must be refused in one line."""
        said = self.begin(*arguments).wait()
        assert said.status in (1, 2) and not said.out and "Traceback" not in said.err, f"newsletter {arguments}: {said}"
        return said

    def ask(self, *arguments: object) -> Any:
        """Give a command with --json. Returns the one document that it printed."""
        return json.loads(self.command(*arguments, "--json"))

    def tick(self, *more: object) -> Any:
        """A minute passes, then everything due is done. Returns the numbers of `newsletter tick`.

        More than a minute, where the web process's clock has gone further: what it owes since would not be due yet.
        """
        self.now = max(self.now + MINUTE, self._web_now() or self.now)
        tally = self.ask("tick", "--now", self.now.isoformat(), *more)
        self._have_ticked()
        return tally

    def walk(self, until: datetime | timedelta, step: str = "30m") -> Any:
        """Walk the business clock to an instant, or on by some time. Returns the numbers of `newsletter tick`."""
        goal = until if isinstance(until, datetime) else self.now + until
        tally = self.ask("tick", "--now", self.now.isoformat(), "--until", goal.isoformat(), "--step", step)
        self.now = goal
        self._have_ticked()
        return tally

    def _have_ticked(self) -> None:
        self._ticked = max(self.now, self._ticked or self.now)

    def days(self, until: timedelta) -> None:
        """Many days go by, with one tick a day: half an hour or, in summer, one and a half after nine in Berlin."""
        goal = self.now + until
        morning = self.now.replace(hour=8, minute=30)
        self.walk(morning if morning > self.now else morning + DAY, step="1d")
        self.walk(goal, step="1d")

    def sleep(self, until: datetime | timedelta) -> None:
        """Time passes and nobody ticks: the machine is off."""
        self.now = until if isinstance(until, datetime) else self.now + until

    def ledger(self, *of: object) -> list[dict[str, Any]]:
        """`newsletter deliveries --json`, with instants as datetimes."""
        rows: list[dict[str, Any]] = self.ask("deliveries", *of)
        for row in rows:
            for name in ("due_at", "sent_at"):
                row[name] = datetime.fromisoformat(row[name]) if row[name] else None
        return rows

    def lesson_keys(self) -> list[str]:
        """The keys of the course's letters, in order."""
        return [lesson["key"] for lesson in self.ask("course", "show", "belonging")["lessons"]]

    def write_campaign(self, subject: str, body: str) -> str:
        """Write a campaign's draft. Returns its id."""
        file = self.folder / f"campaign-{next(self._numbers)}.md"
        file.write_text(body)
        return str(self.ask("campaign", "create", "--subject", subject, "--body", file)["id"])

    def campaign(self, public_id: str) -> dict[str, Any]:
        """`newsletter campaign status --json`."""
        found: dict[str, Any] = self.ask("campaign", "status", public_id)
        return found

    def machine_time_passes(self, gone: timedelta) -> None:
        """Backoff, leases and the limits on confirmations run by machine time, which no setting can move: so what
        the database remembers of it is moved into the past."""
        store = Store.open(self.database_url)
        with store.transaction() as tx:
            for table in (tables.deliveries, tables.relays, tables.rate_counts):
                moving = [column for column in table.columns if "machine time" in (column.comment or "")]
                for row in tx.execute(select(table.c.id, *moving)).mappings():
                    earlier = {column.name: row[column] - gone for column in moving if row[column]}
                    tx.execute(update(table).where(table.c.id == row["id"]).values(earlier))
        store.close()

    # What readers do

    def sign_up(self, email: str, *, zone: str = "Europe/Berlin", name: str = "") -> "Reader":
        """Fill the form in and look into the inbox."""
        reader = Reader(self, email, zone, name)
        reader.ask_to_join()
        return reader

    def welcome(self, email: str, *, zone: str = "Europe/Berlin", name: str = "") -> "Reader":
        """Somebody who has signed up and confirmed. Her opening waits for the next tick."""
        reader = self.sign_up(email, zone=zone, name=name)
        self.tick()
        reader.confirm()
        return reader

    def welcome_all(self, *emails: str, zone: str = "Europe/Berlin") -> list["Reader"]:
        """Several people sign up, confirm, and get their openings."""
        readers = [self.sign_up(email, zone=zone) for email in emails]
        self.tick()
        for reader in readers:
            reader.confirm()
        self.tick()
        return readers

    # The doors and the post

    def get(self, link: str) -> Page:
        """Open a page."""
        return self.request("GET", link)

    def post(self, link: str, **form: str) -> Page:
        """Send a form, as a browser without cookies."""
        return self.request("POST", link, urlencode(form))

    def request(self, method: str, link: str, body: str | None = None, headers: dict[str, str] | None = None) -> Page:
        """Ask the web process, which is started when it does not run."""
        self.open_doors()
        return self.knock(method, link, body, headers)

    def knock(self, method: str, link: str, body: str | None = None, headers: dict[str, str] | None = None) -> Page:
        """Ask the web process as it is; from any thread. Raises OSError or HTTPException when it is gone."""
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, urlsplit(link).path, body, sent | (headers or {}))
            answer = connection.getresponse()
            text = answer.read().decode()
            return Page(answer.status, text, {name.lower(): value for name, value in answer.getheaders()})
        finally:
            connection.close()

    def open_doors(self) -> None:
        """See that a web process runs whose business time is the house's."""
        if self._web and (its_now := self._web_now()):
            if self._web.is_running() and abs(its_now - self.now) < _CLOSE_ENOUGH:
                return
            self.close_doors()
        web = self._web = self.begin("web", "--port", self.port)
        self._web_began = (self.now, time.monotonic())
        eventually(lambda: answers(self.port), "the web process listens", unless=lambda: not web.is_running())

    def _web_now(self) -> datetime | None:
        """The business time of the web process; None where there is none."""
        if not (self._web and self._web_began):
            return None
        at, began = self._web_began
        return max(at + timedelta(seconds=time.monotonic() - began), self._ticked or at)

    def close_doors(self) -> None:
        """End the web process; it must not have complained."""
        if self._web:
            said = self._web.end()
            self._web = None
            assert said.status == 0 and "Traceback" not in said.err and "ERROR" not in said.err, said

    def kill_doors(self) -> None:
        """kill -9 of the web process: gunicorn's master and the child that answers."""
        assert self._web
        children = Path(f"/proc/{self._web.pid}/task/{self._web.pid}/children").read_text().split()
        for pid in (self._web.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        self._web.end()
        self._web = None

    @property
    def post_office(self) -> list[Mail]:
        """Every mail that the SMTP server took, the oldest first."""
        for accepted in self.smtp.accepted[len(self._parsed) :]:
            self._parsed.append(Mail(accepted))
        return self._parsed

    def audit(self, *, doubles: int = 0, forgotten: Sequence[str] = ()) -> None:
        """The ledger and the server's books must agree: all that was sent was taken, and nothing else.

        `doubles` is how many second copies the story's faults may have caused, each with its own Message-ID again;
        `forgotten` are addresses that the house has deleted since, with all it knew of them.
        """
        rows = self.ledger()
        states = Counter(row["state"] for row in rows)
        assert not states.keys() & {"claimed", "sending", "uncertain"}, states
        taken = Counter((mail.message_id, mail.to) for mail in self.post_office if mail.to[0] not in forgotten)
        owed = Counter((row["message_id"], (row["subscriber"],)) for row in rows if row["state"] == "sent")
        assert taken.keys() == owed.keys()
        assert set(owed.values()) <= {1}
        assert taken.total() - owed.total() <= doubles


@dataclass
class Reader:
    """Somebody who reads: her address, her inbox, her links."""

    house: House
    email: str
    zone: str = "Europe/Berlin"
    name: str = ""

    @property
    def inbox(self) -> list[Mail]:
        """What came, the oldest first."""
        return [mail for mail in self.house.post_office if mail.to == (self.email,)]

    @property
    def letters(self) -> list[Mail]:
        """What came by list: lessons and campaigns."""
        return [mail for mail in self.inbox if mail.message["List-Id"]]

    def ask_to_join(self) -> Page:
        """Fill the sign-up form in."""
        self.house.open_doors()
        page = self.send_the_form()
        assert page.status == 200, page
        return page

    def send_the_form(self, network: str | None = None) -> Page:
        """The form, whoever answers; from any thread, and from a network of hers when a proxy is trusted."""
        form = urlencode({"email": self.email, "name": self.name, "timezone": self.zone})
        proxied = {"X-Forwarded-For": network or some_network(self.email)}
        return self.house.knock("POST", "/subscribe", form, proxied)

    def confirm(self, **choice: str) -> Page:
        """Press the button in the newest confirmation mail."""
        link = next(mail for mail in reversed(self.inbox) if "/confirm/" in mail.text).link("confirm")
        assert self.house.get(link).status == 200
        page = self.house.post(link, **choice)
        assert page.status == 200, page
        return page

    def leave(self) -> Page:
        """One click in her mail program, on the newest letter (RFC 8058: no cookie, no redirect)."""
        link = self.letters[-1].one_click
        page = self.house.request("POST", link, "List-Unsubscribe=One-Click")
        assert page.status == 200 and "set-cookie" not in page.headers, page
        return page

    def prefer(self, **wish: str) -> Page:
        """Send one form of the preferences page."""
        link = next(mail for mail in reversed(self.inbox) if "/preferences/" in mail.text).link("preferences")
        page = self.house.post(link, **wish)
        assert page.status == 303, page
        return page

    def pause(self, weeks: int | None) -> None:
        """Some quiet, for weeks, or until she returns."""
        self.prefer(action="pause", weeks=str(weeks) if weeks else "return")

    def ledger(self) -> list[dict[str, Any]]:
        """What the house owed her."""
        return self.house.ledger("--subscriber", self.email)

    def lessons(self) -> list[dict[str, Any]]:
        """Her lessons in the ledger, by the time they were due."""
        return sorted((row for row in self.ledger() if row["kind"] == "lesson"), key=lambda row: row["due_at"])

    def portrait(self) -> dict[str, Any]:
        """`newsletter subscriber show --json`."""
        found: dict[str, Any] = self.house.ask("subscriber", "show", self.email)
        return found

    def gaps(self) -> list[timedelta]:
        """How far apart her lessons came, by the Date of the mails, without the opening."""
        dates = [mail.date for mail in self.letters[1:]]
        return [later - earlier for earlier, later in pairwise(dates)]

    def had(self) -> list[str]:
        """The keys of the lessons that the mail server took for her, in that order."""
        keys = {row["message_id"]: row["lesson"] for row in self.ledger()}
        return [keys[mail.message_id] for mail in self.letters if keys[mail.message_id]]

    def on_her_wall(self, moment: datetime) -> datetime:
        """An instant by her clock."""
        return moment.astimezone(ZoneInfo(self.zone))


def some_network(seed: str) -> str:
    """An address as a proxy in front reports it; a house that trusts none (the default) pays no heed to it."""
    a, b, c = hashlib.sha256(seed.encode()).digest()[:3]
    return f"{a % 100 + 11}.{b}.{c}.7"


def eventually(
    condition: Callable[[], object], what: str, *, within: float = 60.0, unless: Callable[[], object] = lambda: False
) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert not unless() and time.monotonic() < deadline, f"it did not come true that {what}"
        time.sleep(0.01)


def answers(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex(("127.0.0.1", port)) == 0


_ports = count(20_000 + os.getpid() * 31 % 10_000)


def free_port() -> int:
    """A port below those that the system lends to clients, so that it stays free while a web process restarts."""
    for port in _ports:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
