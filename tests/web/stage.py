"""A whole house for a test: its web application, its clock, its mails, and what its database holds."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from newsletter.app import build_house, inbox_folder
from newsletter.mail.inbox import CapturedMail, read
from newsletter.mail.transport import Transport
from newsletter.scheduling import clockwork
from newsletter.settings import Settings
from newsletter.store import duties
from newsletter.store.tables import metadata
from newsletter.usecases import admins, campaigns
from newsletter.usecases.house import House
from newsletter.web import create_web

BEGIN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MARIA = "maria@example.org"
PASSWORD = "a sentence is a good password"
_LINK = re.compile(r"https?://[^\s<>\"')]+")
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True)
class HandClock:
    """Both clocks stand still until they are moved."""

    business: datetime
    hands: datetime = BEGIN

    def now(self) -> datetime:
        return self.business

    def machine(self) -> datetime:
        return self.hands

    def move(self, **by: float) -> None:
        """Let the same time pass on both, such as `move(days=2)`."""
        self.business += timedelta(**by)
        self.hands += timedelta(**by)


class Visitor(FlaskClient):
    """A test client that asks for the base URL's host, as people do."""

    def __init__(self, *args: Any, base_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base_url = base_url

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if not args or isinstance(args[0], str):
            kwargs.setdefault("base_url", self.base_url)
        return super().open(*args, **kwargs)

    @property
    def session(self) -> str | None:
        """The studio's cookie."""
        cookie = self.get_cookie("studio", domain=urlsplit(self.base_url).hostname or "")
        return cookie.value if cookie else None


@dataclass
class Stage:
    """One house and what a test does with it."""

    house: House
    web: Flask
    clock: HandClock
    settings: Settings
    transport: Transport
    _seen: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, settings: Settings) -> "Stage":
        clock = HandClock(BEGIN)
        house = build_house(settings, clock)
        # A sign-up is answered as soon as it can be, or a thousand of them would take a minute.
        known = {"trusted_proxies": settings.trusted_proxies, "signup_takes": 0.0}
        web = create_web(house, inbox_folder=inbox_folder(settings), **known)
        return cls(house, web, clock, settings, house.open_transport())

    def close(self) -> None:
        self.transport.close()
        self.house.store.close()

    def visitor(self) -> "Visitor":
        """Somebody with an empty cookie jar, who asks for the base URL's host."""
        return Visitor(self.web, TestResponse, use_cookies=True, base_url=self.house.letterhead.base_url)

    def sign_up(self, email: str = MARIA, *, peer: str = "198.51.100.7", **form: str) -> TestResponse:
        return self.visitor().post("/subscribe", data={"email": email, **form}, environ_base={"REMOTE_ADDR": peer})

    def tick(self) -> list[CapturedMail]:
        """Do everything that is due now. Returns the mails that this sent, the oldest first."""
        clockwork.tick(self.house, self.transport, holder="test")
        return self.new_mails()

    def new_mails(self) -> list[CapturedMail]:
        folder = inbox_folder(self.settings)
        fresh = sorted({file.stem for file in folder.glob("[!.]*.eml")} - self._seen)
        self._seen |= set(fresh)
        return [mail for one in fresh if (mail := read(folder, one))]

    def subscribed(self, email: str = MARIA, **form: str) -> CapturedMail:
        """Sign up and confirm. Returns the opening letter."""
        assert self.sign_up(email, **form).status_code == 200
        asking = [mail for mail in self.tick() if mail.to == (email,)]
        assert self.visitor().post(path_of(link(asking[-1], "confirm"))).status_code == 200
        return [mail for mail in self.tick() if mail.to == (email,)][-1]

    def campaign(self, subject: str = "A new article", body: str = "Dear {{ name }},\n\nread this.") -> str:
        """Write a campaign and queue it for now; the next tick sends it."""
        made = campaigns.create(self.house, subject=subject, body=body)
        campaigns.queue(self.house, made)
        return made

    def a_worker_runs(self) -> None:
        """As long as its clock stands still, a worker leads."""
        with self.house.store.transaction() as tx:
            duties.take(tx, "planning", "here/1/a", self.clock.machine(), clockwork.LEADERSHIP)

    def admin(self, email: str = "owner@example.org", role: str = "owner", password: str = PASSWORD) -> None:
        admins.set_up(self.house, admins.invite(self.house, email, role).rpartition("/")[2], password)

    def signed_in(self, role: str = "owner") -> "Visitor":
        """The browser of a new admin of that role who has just signed in."""
        self.admin(f"{role}@example.org", role)
        client = self.visitor()
        done = sign_in(client, f"{role}@example.org")
        assert done.status_code == 303
        return client

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.house.store.reading() as tx:
            tables = metadata.sorted_tables
            return {table.name: [tuple(row) for row in tx.execute(select(table).order_by("id"))] for table in tables}

    def sizes(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: len(rows) for table, rows in self.content().items()}


def links(mail: CapturedMail) -> list[str]:
    """Every link in a mail: of its HTML, of its text, of its List-Unsubscribe; each once."""
    found = [str(tag["href"]) for tag in BeautifulSoup(mail.html, "html.parser").find_all(href=True)]
    found += [str(tag["src"]) for tag in BeautifulSoup(mail.html, "html.parser").find_all(src=True)]
    found += _LINK.findall(mail.text)
    found += [link for name, value in mail.headers if name == "List-Unsubscribe" for link in _LINK.findall(value)]
    return list(dict.fromkeys(link.rstrip(".,") for link in found))


def link(mail: CapturedMail, room: str) -> str:
    """The link of a mail that leads to `confirm`, `unsubscribe`, `preferences` or `letters`."""
    return next(link for link in links(mail) if f"/{room}/" in link)


def token(mail: CapturedMail, room: str) -> str:
    return link(mail, room).rpartition("/")[2]


def path_of(url: str) -> str:
    return urlsplit(url).path


def csrf(page: TestResponse) -> str:
    """The token in a page's form."""
    found = _CSRF.search(page.text)
    assert found, page.text
    return found[1]


def sign_in(client: Visitor, email: str, password: str = PASSWORD) -> TestResponse:
    form = {"email": email, "password": password, "csrf_token": csrf(client.get("/admin/login"))}
    return client.post("/admin/login", data=form)
