"""`newsletter course way …` and `course enroll`: how people come into a course and out of it."""

import click

from newsletter.cli.speaking import as_json, show, with_house
from newsletter.domain.ways import WayKind
from newsletter.usecases import entries
from newsletter.usecases.house import House


@click.group()
def way() -> None:
    """How people come into a course and out of it, beside the course that the settings name."""


@way.command("list")
@click.argument("slug")
@as_json
@with_house
def list_ways(house: House, slug: str, wants_json: bool) -> None:
    """The ways into a course and out of it."""
    with house.store.reading() as tx:
        found = entries.known(tx, slug)
    rows = [
        {"number": one.id, "kind": one.kind, "what": one.what, "day": one.day, "done_at": one.done_at} for one in found
    ]
    show(rows, wants_json, "None. `newsletter course way add SLUG list LIST` begins it with a list.")


@way.command("add")
@click.argument("slug")
@click.argument("kind", type=click.Choice([one.value for one in WayKind]))
@click.argument("what")
@click.option("--day", default="", help="For a date: the day, such as 2027-01-31, on each reader's own wall.")
@with_house
def add_way(house: House, slug: str, kind: str, what: str, day: str) -> None:
    """Let a course begin or end.

    \b
    list LIST             begins when somebody confirms a list
    date LIST --day DAY   begins on a day for everybody on a list
    after_course COURSE   begins a step after the end of another course
    tag TAG               begins when somebody is given a tag
    until_list LIST       ends when somebody confirms a list
    until_course COURSE   ends when somebody begins another course
    until_tag TAG         ends when somebody is given a tag
    """
    is_new = entries.add(house, slug, WayKind(kind), what, day)
    click.echo("It holds from now on." if is_new else "It holds already.")


@way.command("remove")
@click.argument("slug")
@click.argument("number", type=int)
@with_house
def remove_way(house: House, slug: str, number: int) -> None:
    """Take a way back; whoever came by it stays."""
    gone = entries.remove(house, slug, number)
    click.echo("It is taken back." if gone else "This course has no way of this number.")


@click.command()
@click.argument("slug")
@click.argument("email")
@with_house
def enroll(house: House, slug: str, email: str) -> None:
    """Take a reader into a course by hand: it begins, goes on where she left it, or begins again."""
    entries.take_in(house, slug, email)
    click.echo(f"{email} is in “{slug}” from now on.")
