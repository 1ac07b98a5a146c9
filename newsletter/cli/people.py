"""`newsletter subscriber …` and `newsletter list …`."""

from datetime import datetime

import click

from newsletter.cli.speaking import as_json, plain, say, show, with_house
from newsletter.store import lists
from newsletter.usecases import people
from newsletter.usecases.house import House


@click.group()
def subscriber() -> None:
    """One person: what is known of her, and what she asked for."""


@subscriber.command("show")
@click.argument("email")
@as_json
@with_house
def show_subscriber(house: House, email: str, wants_json: bool) -> None:
    """Lists, courses, consents with the exact words, pause."""
    found = plain(people.portrait(house, email))
    lines = [found["email"], f"  zone {found['timezone']}, paused until {found['paused_until'] or '(not paused)'}"]
    lines += [f"  list {one['list']}: {one['state']}" for one in found["lists"]]
    lines += [
        f"  course {one['course']}: {one['state']}, next {one['next_lesson'] or '-'} at {one['next_due_at'] or '-'}"
        for one in found["enrollments"]
    ]
    lines += [f"  {one['at']} {one['event']} ({one['version']})" for one in found["consents"]]
    say(found, wants_json, "\n".join(lines))


@subscriber.command("pause")
@click.argument("email")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day with letters again.")
@with_house
def pause_subscriber(house: House, email: str, until: datetime) -> None:
    """Silence lessons and campaigns until a day; her place is kept."""
    people.pause(house, email, until.date())
    click.echo(f"Paused until {until.date()}.")


@click.group("list")
def list_group() -> None:
    """The lists that people subscribe to."""


@list_group.command("create")
@click.argument("slug")
@click.option("--title", required=True, help="Neutral: it may be read over a shoulder.")
@with_house
def create_list(house: House, slug: str, title: str) -> None:
    """Make a list."""
    people.make_list(house, slug, title)
    click.echo(f"The list “{slug}” is there.")


@list_group.command("show")
@as_json
@with_house
def show_lists(house: House, wants_json: bool) -> None:
    """All lists with their confirmed subscribers counted."""
    with house.store.reading() as tx:
        found = lists.everything(tx)
    rows = [{"slug": one.slug, "title": one.title, "confirmed": one.confirmed} for one in found]
    show(rows, wants_json, "There is no list yet. `newsletter list create SLUG --title T` makes one.")
