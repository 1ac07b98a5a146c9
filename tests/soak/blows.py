"""F1 and F4 at length: a campaign of ten thousand whose sender is ended again and again, and what comes of it.

The server takes 500 messages a second. A sender (`newsletter tick`, as people run it) is begun, and ended by kill -9 or
SIGTERM at a random moment of its sending; then the next. At the end the ledger is compared with what was accepted.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter import app
from newsletter.cli.preparing import prepare
from newsletter.domain.delivery import State
from newsletter.settings import Settings
from newsletter.store import ledger, lists, scratch
from newsletter.usecases import campaigns
from newsletter.usecases.house import House
from tests.scripted_smtp import Act, Moment, ScriptedSmtp

CONNECTIONS = 10
A_SECOND = 500
PATIENCE = 600.0
"""Seconds that the whole may take."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: L letters lost, D copies too many."""

    readers: int
    blows: int
    lost: int
    doubled: int
    states: Mapping[str, int]
    seconds: float

    @property
    def holds(self) -> bool:
        """Nothing lost; at most two copies too many a connection and kill."""
        return self.lost == 0 and self.doubled <= 2 * CONNECTIONS * self.blows and self.states == {"sent": self.readers}


def rain(folder: Path, database: str, *, readers: int, blows: int, how: signal.Signals) -> Came:
    """One campaign, so many blows, and the audit."""

    def slow(moment: Moment) -> Act | None:
        return Act(b"250 2.0.0 Taken\r\n", wait=CONNECTIONS / A_SECOND) if moment.stage == "DOT" else None

    with ScriptedSmtp(slow) as server:
        env = environment(folder, database, server.port)
        house = app.build_house(settings(env))
        try:
            owe(house, readers)
            began = time.monotonic()
            struck = _strike(server, env, blows, how)
            while is_open(house) and time.monotonic() - began < PATIENCE:
                subprocess.run(_TICK, env=env, check=False, capture_output=True)
            with house.store.reading() as tx:
                states = ledger.count_by_state(tx)
        finally:
            house.store.close()
        copies = Counter(one.recipients[0] for one in server.accepted)
        doubled = sum(copies.values()) - len(copies)
        return Came(readers, struck, readers - len(copies), doubled, states, time.monotonic() - began)


_TICK = [str(Path(sys.executable).with_name("newsletter")), "tick"]


def environment(folder: Path, database: str, port: int) -> dict[str, str]:
    return os.environ | {
        "NEWSLETTER_DATA_DIR": str(folder),
        "NEWSLETTER_DATABASE_URL": database or f"sqlite:///{folder}/newsletter.db",
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never",
        "NEWSLETTER_SMTP_CONNECTIONS": str(CONNECTIONS),
        "NEWSLETTER_SENDER": "Letters <letters@example.org>",
        "NEWSLETTER_SECRET_KEY": "a key for the soak, longer than 32 characters",
        "NEWSLETTER_TIMEZONE": "Europe/Berlin",
    }


def settings(env: Mapping[str, str]) -> Settings:
    names = {name: env[f"NEWSLETTER_{name.upper()}"] for name in ("data_dir", "database_url", "smtp_url", "sender")}
    return Settings(_env_file=None, **names, secret_key=env["NEWSLETTER_SECRET_KEY"])  # type: ignore[call-arg]


def owe(house: House, readers: int) -> None:
    prepare(house)
    with house.store.transaction() as tx:
        letters = lists.by_slug(tx, "letters")
        assert letters is not None  # prepare made it
        scratch.crowd(tx, letters.id, readers, lambda one: house.address_keys(one)[0], house.clock.now())
    campaigns.queue(house, campaigns.create(house, subject="A letter", body="Dear {{ name }},\n\nit is spring."))
    campaigns.start_due(house)


def _strike(server: ScriptedSmtp, env: Mapping[str, str], blows: int, how: signal.Signals) -> int:
    """Begin a sender and end it while it sends, again and again. Returns how many blows came in time."""
    dice, struck = random.Random(1), 0
    for _ in range(blows):
        before = len(server.accepted)
        sender = subprocess.Popen(_TICK, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.accepted) == before and sender.poll() is None:
            time.sleep(0.005)
        time.sleep(dice.random() * 0.35)  # not a wait for a condition: the moment of the blow
        struck += sender.poll() is None
        sender.send_signal(how)
        sender.wait()
    return struck


def is_open(house: House) -> bool:
    with house.store.reading() as tx:
        return any(state not in (State.SENT, State.FAILED) for state in ledger.count_by_state(tx))
