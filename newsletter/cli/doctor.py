"""`newsletter doctor`: the lights of the studio, and under them settings, database and clock."""

import sys
from datetime import timedelta
from typing import Any

import click

from newsletter import app
from newsletter.cli.speaking import as_json, quiet_logs, say, warn_of_unknown_names
from newsletter.domain.golive import Glow, Light
from newsletter.settings import Settings, SettingsError, going_live, load
from newsletter.store import duties, owner_settings
from newsletter.store.engine import StoreError, Transaction
from newsletter.usecases import allowance, courses, generations, golive
from newsletter.usecases.house import House

MOST_SKEW = timedelta(seconds=5)
"""How far the clock of the database may be from ours: leases last 60 s, and both ends count them."""


@click.command()
@as_json
def doctor(wants_json: bool) -> None:
    """Settings, database, clock, mail server, DNS: what stands, and the next step for what does not.

    Exit status 0 when everything essential is green: settings, database and clock always; HTTPS, mail server,
    DNS records, sender and postal address while mail leaves this machine.
    """
    quiet_logs()
    warn_of_unknown_names()
    lights = _look()
    is_well = not any(light.is_dark for light in lights)
    say(
        {"ok": is_well, "lights": [_document(light) for light in lights]},
        wants_json,
        "\n".join(line for light in lights for line in _lines(light)),
    )
    sys.exit(0 if is_well else 1)


def _document(light: Light) -> dict[str, Any]:
    return {
        "name": light.name,
        "title": light.title,
        "state": light.glow,
        "ok": light.glow is Glow.READY,
        "essential": light.is_essential,
        "sentence": light.sentence,
        "records": [
            {"purpose": one.purpose, "type": "TXT", "host": one.host, "value": one.value, "state": one.glow}
            for one in light.records
        ],
    }


def _lines(light: Light) -> list[str]:
    sign = {Glow.READY: "ok", Glow.NEXT: "to do", Glow.WRONG: "wrong"}.get(light.glow, "?")
    records = [
        f"{'':7}{record.purpose:6} {record.host}  TXT  {record.value}"
        for record in light.records
        if record.glow is not Glow.READY
    ]
    return [f"{sign:7}{light.title}: {light.sentence}", *records]


def _look() -> list[Light]:
    try:
        settings = load()
    except SettingsError as error:
        return [_essential("settings", "Settings", Glow.WRONG, " ".join(error.lines))]
    try:
        house = app.assemble(settings)
    except SettingsError as error:
        return [_essential("settings", "Settings", Glow.WRONG, " ".join(error.lines))]
    except StoreError as error:
        return [_settings(settings, {}), _essential("database", "Database", Glow.WRONG, str(error))]
    try:
        return _of(house, settings)
    except StoreError as error:
        return [_settings(settings, {}), _essential("database", "Database", Glow.WRONG, str(error))]
    finally:
        house.store.close()


def _of(house: House, settings: Settings) -> list[Light]:
    if not house.store.is_current():
        sentence = "It is not ready for this version. Run `newsletter db upgrade`."
        return [_settings(settings, {}), _essential("database", "Database", Glow.WRONG, sentence)]
    house = house.current()
    generations.may_go_on(house)  # finds out an older copy, also while no worker runs
    golive.check_now(house)
    with house.store.reading() as tx:
        fits = "It fits this version." if settings.database_url else f"It fits this version, in {settings.data_dir}."
        return [
            _settings(settings, owner_settings.values(tx), courses.why_none_begins(house, tx)),
            _essential("database", "Database", Glow.READY, fits),
            *_older_copy(tx),
            _clock(house, settings),
            *_pace(house, settings, tx),
            *golive.lights(house, tx),
        ]


def _older_copy(tx: Transaction) -> list[Light]:
    if generations.is_older_copy(tx):
        sentence = f"{generations.SENTENCE} Then: {generations.COMMAND}"
        return [_essential("generation", "Backup", Glow.WRONG, sentence)]
    return []


def _settings(settings: Settings, said: dict[str, str], course: str = "") -> Light:
    if mistakes := [*going_live(settings, said), *filter(None, [course])]:
        return _essential("settings", "Settings", Glow.WRONG, " ".join(mistakes))
    return _essential("settings", "Settings", Glow.READY, "They fit together.")


def _clock(house: House, settings: Settings) -> Light:
    with house.store.reading() as tx:
        theirs = duties.clock_of_database(tx)
    skew = abs(theirs - house.clock.machine()) if theirs else timedelta(0)
    if skew > MOST_SKEW:
        sentence = f"This machine and the database are {skew.total_seconds():.0f} s apart. Let both ask a time server."
        return _essential("clock", "Clock", Glow.WRONG, sentence)
    if settings.clock:
        return _essential("clock", "Clock", Glow.READY, "Business time is set, for trials (NEWSLETTER_CLOCK).")
    if (now := house.clock.now()) - house.clock.machine() > MOST_SKEW:
        sentence = f"Business time was walked to {now:%Y-%m-%d %H:%M} UTC by `newsletter tick`, for trials."
        return _essential("clock", "Clock", Glow.READY, sentence)
    return _essential("clock", "Clock", Glow.READY, f"This machine says {house.clock.machine():%Y-%m-%d %H:%M:%S} UTC.")


def _pace(house: House, settings: Settings, tx: Transaction) -> list[Light]:
    """What limits how quickly mail goes, when anything does."""
    said = [f"At most {settings.smtp_rate:g} messages a second."] if settings.smtp_rate else []
    if rates := settings.domain_rates:
        said.append(f"A second at most: {', '.join(f'{rate:g} to {domain}' for domain, rate in rates.items())}.")
    if plan := settings.warmup:
        day = allowance.today(house, tx)
        over = f"The warm-up begins on {plan.first_day} and ends on {plan.ends_on}; nothing is limited today."
        now = (
            f"Warm-up: {day.used:,} of today’s {day.allowance:,} are used; it ends on {plan.ends_on}." if day else over
        )
        said.append(now)
    return [Light("pace", "Pace", Glow.READY, " ".join(said), is_essential=False)] if said else []


def _essential(name: str, title: str, glow: Glow, sentence: str) -> Light:
    return Light(name, title, glow, sentence, is_essential=True)
