"""The command's trunk: run, web, worker, tick, db, admin; the branches hang on it."""

import errno
import logging
import os
import socket
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from newsletter import app
from newsletter.cli.preparing import prepare
from newsletter.cli.speaking import (
    TOLD,
    Instant,
    Refused,
    Trunk,
    as_json,
    open_house,
    refusing,
    say,
    settings,
    with_house,
)
from newsletter.clocks import SetClock, reach
from newsletter.settings import keep_address, take_address
from newsletter.store import admins as admin_store
from newsletter.usecases import admins, holding
from newsletter.usecases import courses as course_texts
from newsletter.usecases.house import House

_LAST_BREATH = 3.0
"""Seconds in which the web half of a service that was killed a moment ago may still hold its port."""
_STEP = {"m": 60, "h": 3600, "d": 86400}


_BRANCHES = {
    "bench": "newsletter.cli.bench:bench",
    "campaign": "newsletter.cli.campaigns:campaign",
    "course": "newsletter.cli.courses:course",
    "deliveries": "newsletter.cli.campaigns:deliveries",
    "demo": "newsletter.cli.demo:demo",
    "doctor": "newsletter.cli.doctor:doctor",
    "event": "newsletter.cli.events:event",
    "hold": "newsletter.cli.holding:hold",
    "list": "newsletter.cli.people:list_group",
    "silence": "newsletter.cli.calendar:silence",
    "subscriber": "newsletter.cli.people:subscriber",
    "subscribers": "newsletter.cli.people:subscribers_group",
}
"""Where each branch grows. It is imported when it is asked for; below, too, a command imports what it alone needs:
a service is three processes, and each import costs every one of them."""


@click.group(cls=Trunk, branches=_BRANCHES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsletter")
def main() -> None:
    """A newsletter and e-mail course service: one letter a week, none lost, none doubled."""


where = [
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."),
]


def _listening(command: Any) -> Any:
    for option in reversed(where):
        command = option(command)
    return command


@main.command()
@_listening
def run(host: str, port: int) -> None:
    """Web, scheduler and sender in one command; Ctrl-C or SIGTERM ends all cleanly."""
    from newsletter import processes

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    take_address(host, port)
    with open_house(upgraded=False) as house:
        _check_port(host, port, patience=_LAST_BREATH)
        prepare(house)
        _check_course(house)
        lines = _greeting(house, host, port)
    os.environ[TOLD] = "1"
    status = processes.supervise(
        [["web", "--host", host, "--port", str(port)], ["worker"]], ready=lambda: click.echo("\n".join(lines))
    )
    sys.exit(status)


def _check_course(house: House) -> None:
    with house.store.reading() as tx:
        if trouble := course_texts.why_none_begins(house, tx):
            raise Refused(trouble)


def _check_port(host: str, port: int, patience: float = 0) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE and patience > 0:
                time.sleep(0.25)
                return _check_port(host, port, patience - 0.25)
            reason = (error.strerror or str(error)).lower()
            raise Refused(f"Cannot listen on {host} port {port}: {reason}. Try another one with --port.") from None


def _greeting(house: House, host: str, port: int) -> list[str]:
    base = house.letterhead.base_url
    lines = ["", f"  Sign-up page   {base}/", f"  Studio         {base}/admin/"]
    if house.has_inbox:
        lines.append(f"  Inbox          {base}/inbox   (mail stays on this machine)")
    else:
        lines.append(f"  Mail           goes to {house.way_out.relay}{', on this machine' * bool(house.neighbour)}")
    with house.store.reading() as tx:
        nobody = admin_store.is_empty(tx)
    if nobody:
        lines.append(f"  Owner's set-up {admins.invite(house, 'owner@example.org')}")
        lines.append("                 (once, within 48 hours; `newsletter admin create EMAIL` makes one for you)")
    if host in ("127.0.0.1", "::1", "localhost") and f":{port}" not in base and base.startswith("http://127.0.0.1"):
        lines.append(f"  Listening on port {port}: set NEWSLETTER_BASE_URL=http://127.0.0.1:{port} so that links fit.")
    if house.letterhead.timezone == "UTC":
        lines.append("  NEWSLETTER_TIMEZONE is not set: people without a zone get letters at 9:00 UTC.")
    return [*lines, "  Ctrl-C ends it.", ""]


@main.command()
@_listening
def web(host: str, port: int) -> None:
    """The web half alone."""
    from newsletter.serving import WebServer
    from newsletter.web import create_web

    take_address(host, port)
    with open_house() as house:
        _check_port(host, port)
        known = settings()
        keep_address(known)
        application = create_web(
            house,
            inbox_folder=None if known.smtp_url else app.inbox_folder(known),
            trusted_proxies=known.trusted_proxies,
        )
        sys.argv = ["gunicorn"]  # gunicorn reads the command line of whoever starts it
        WebServer(application, host, port).run()


@main.command()
def worker() -> None:
    """The scheduler and the sender."""
    from newsletter.scheduling import clockwork

    with open_house() as house:
        clockwork.work(house)


@main.command()
@click.option("--now", type=Instant(), help="Business time of this tick.")
@click.option("--until", type=Instant(), help="Walk the business clock to here.")
@click.option("--step", default="30m", show_default=True, help="How far a step of the walk goes: 30m, 1h, 1d.")
@as_json
def tick(now: datetime | None, until: datetime | None, step: str, wants_json: bool) -> None:
    """Do everything that is due at that moment once, plan and send, then exit."""
    from newsletter.cli.holding import what_is_on
    from newsletter.scheduling import clockwork
    from newsletter.usecases import generations, sending

    stride = _stride(step)
    with open_house() as house:
        moments = [now or house.clock.now()]
        while until is not None and moments[-1] < until:
            moments.append(min(moments[-1] + stride, until))
    moving = SetClock(moments[0]) if now or until else None
    if moving and settings().mail_leaves:
        raise Refused(
            "The business clock cannot be set while mail can leave this machine. Run `newsletter tick` as it is."
        )
    total, asked, due = clockwork.Tick(), clockwork.asked_to_end(), None
    logging.getLogger(sending.__name__).setLevel(logging.ERROR)  # a relay in trouble is told once, at the end
    with open_house(moving) as house:
        transport = house.open_transport()
        try:
            clockwork.wake(house)
            holder = clockwork.name_holder()
            for moment in moments:
                if asked.is_set():
                    break
                walks_on = moment > moments[0]
                if walks_on and moment < moments[-1] and (due is None or due > moment):
                    continue  # nothing is due there: a year is walked as quickly as what happens in it
                if moving:
                    moving.moment = moment
                total.add(clockwork.tick(house, transport, holder=holder, stop=asked.is_set, is_on_a_walk=walks_on))
                if moving:
                    reach(house.store, moment)
                    due = clockwork.next_due(house)
        finally:
            transport.close()
            generations.step(house)
        waiting, stands = len(holding.held(house)), what_is_on(house)
    said = {name: getattr(total, name) for name in ("planned", "sent", "deferred", "failed")} | {"held": waiting}
    say(said, wants_json, ", ".join(f"{name} {number}" for name, number in said.items()))
    if total.relay_down:
        click.echo(f"The relay is in trouble: {total.relay_down}", err=True)
    for line in stands:
        click.echo(line, err=True)


def _stride(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit in _STEP and number.isdigit() and int(number) > 0:
        return timedelta(seconds=int(number) * _STEP[unit])
    raise click.UsageError("--step is a number and a unit, such as 30m, 1h or 1d.")


@main.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Create or upgrade the database; the first time, the default list and the shipped course too."""
    with open_house(upgraded=False) as house:
        prepare(house)
    click.echo("The database is ready.")


@db.command()
@as_json
def check(wants_json: bool) -> None:
    """Say whether the database fits this version, and whether the consent record is whole."""
    from newsletter.store import consents

    with open_house() as house, house.store.reading() as tx:
        broken = consents.first_break(tx)
        _check_course(house)
    if broken is not None:
        raise Refused(f"The consent record was changed from outside: entry {broken} does not verify.")
    facts = {"current": True, "consents_whole": True}
    say(facts, wants_json, "The database fits this version; the consent record is whole.")


@main.group()
def admin() -> None:
    """The people who run the house."""


@admin.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(["owner", "editor", "viewer"]), default="owner", show_default=True)
@with_house
def create_admin(house: House, email: str, role: str) -> None:
    """A one-time set-up link: on a terminal, else into a file that only you can read."""
    with refusing():
        link = admins.invite(house, email, role)
    if sys.stdout.isatty():
        click.echo(link)
        return
    path = Path(settings().data_dir) / "setup-link"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(link + "\n")
    click.echo(f"The set-up link is in {path}")
