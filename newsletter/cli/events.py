"""`newsletter event …`: what happened, for whoever goes on from there."""

import click

from newsletter.cli.speaking import as_json, show, with_house
from newsletter.store import events
from newsletter.usecases.house import House

_MOST = 10_000


@click.group()
def event() -> None:
    """What happened, numbered 1, 2, 3, … without a gap."""


@event.command("list")
@click.option(
    "--after", "number", default=0, show_default=True, type=click.IntRange(min=0), help="Heard up to this one."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, _MOST))
@as_json
@with_house
def list_events(house: House, number: int, limit: int, wants_json: bool) -> None:
    """The first events after a number, the oldest first. Of people who were erased, only that it happened.

    course.finished: the mail server took the last letter of somebody's run of a course, or nothing was left to come.
    """
    with house.store.reading() as tx:
        found = events.after(tx, number, limit)
    rows = [
        {
            "number": one.number,
            "kind": one.kind,
            "happened_at": one.happened_at,
            "course": one.course,
            "run": one.run,
            "subscriber": one.subscriber,
        }
        for one in found
    ]
    show(rows, wants_json, "Nothing happened yet." if not number else "Nothing happened since.")
