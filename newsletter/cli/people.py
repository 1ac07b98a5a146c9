"""`newsletter subscriber …`, `newsletter subscribers …` and `newsletter list …`."""

import csv
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from newsletter.cli.speaking import Refused, as_json, plain, say, show, with_house
from newsletter.content.moments import PACE_WORDS
from newsletter.domain.subscriber import Subscriber
from newsletter.store import lists, tags
from newsletter.usecases import giving_way, people, rights, tagging
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
    lines.append(f"  a letter {PACE_WORDS[found['pace_weeks']]}{', discreetly' if found['discreet'] else ''}")
    lines += [f"  tags {', '.join(found['tags'])}"] if found["tags"] else []
    lines += [
        f"  said {one['said']} to “{one['question']}” ({one['course']}: {one['lesson']})" for one in found["answers"]
    ]
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


@subscriber.command("tag")
@click.argument("email")
@click.argument("tag")
@as_json
@with_house
def tag_subscriber(house: House, email: str, tag: str, wants_json: bool) -> None:
    """Give a person a tag, such as “returning”; a course may begin or end with it.

    It may say something about her: it stands in no letter, link or log, and in the copy of all that is known of her.
    """
    is_new = tagging.give(house, _find(house, email), tag)
    _tell_tags(house, email, wants_json, "The tag is given." if is_new else "The tag was given before.")


@subscriber.command("untag")
@click.argument("email")
@click.argument("tag")
@as_json
@with_house
def untag_subscriber(house: House, email: str, tag: str, wants_json: bool) -> None:
    """Take a tag of a person back; a course that it began goes on."""
    was_there = tagging.take(house, _find(house, email), tag)
    _tell_tags(house, email, wants_json, "The tag is taken back." if was_there else "There was no such tag.")


def _tell_tags(house: House, email: str, wants_json: bool, line: str) -> None:
    with house.store.reading() as tx:
        carried = list(tags.of(tx, people.find(house, tx, email).id))
    say({"tags": carried}, wants_json, line)


def _find(house: House, email: str) -> Subscriber:
    with house.store.reading() as tx:
        return people.find(house, tx, email)


@subscriber.command("export")
@click.argument("email")
@as_json
@with_house
def export_subscriber(house: House, email: str, wants_json: bool) -> None:
    """All that is known of her, as one JSON document (GDPR articles 15 and 20); with and without --json."""
    with house.store.reading() as tx:
        click.echo(rights.export(house, tx, people.find(house, tx, email)))


@subscriber.command("erase")
@click.argument("email")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask; only a terminal is asked.")
@with_house
def erase_subscriber(house: House, email: str, is_sure: bool) -> None:
    """Delete all that names her, for good; a keyed digest stops a later import, and she can come back by herself."""
    with house.store.reading() as tx:
        person = people.find(house, tx, email)
    if sys.stdin.isatty() and not is_sure:
        click.confirm("Delete all that names this person, for good?", abort=True)
    rights.erase(house, person)
    click.echo("Erased. Backups and exports that you made yourself are yours to go through.")


@click.group("subscribers")
def subscribers_group() -> None:
    """Everybody."""


@subscribers_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--list", "list_slug", help="Of one list.")
@with_house
def export_subscribers(house: House, file: Path, list_slug: str | None) -> None:
    """Every subscription as a line of a CSV file that only you can read; a file that is there is left alone."""
    with house.store.reading() as tx:
        rows = people.subscriptions(tx, list_slug)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(people.COLUMNS)
        writer.writerows([_in_a_cell(value) for value in row] for row in rows)
    click.echo(f"{len(rows)} {'subscription' if len(rows) == 1 else 'subscriptions'} written.")


def _in_a_cell(value: Any) -> str:
    text = "" if value is None else str(plain(value))
    return (
        f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
    )  # a sheet would take it for a formula


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
    rows = [{"slug": one.slug, "title": one.title, "confirmed": one.confirmed, **_etiquette(one)} for one in found]
    show(rows, wants_json, "There is no list yet. `newsletter list create SLUG --title T` makes one.")


@list_group.command("etiquette")
@click.argument("slug")
@click.argument("word", required=False, metavar="[anyway|hold|digest]")
@click.option("--days", default="", help="How long a campaign waits for courses to end, from its start, at most.")
@as_json
@with_house
def set_etiquette(house: House, slug: str, word: str | None, days: str, wants_json: bool) -> None:
    """What a list's campaigns do for readers who are in a course; without a word, what they do now.

    \b
    anyway  they come beside the course
    hold    they wait until the course is over, and then come one a day
    digest  they wait until the course is over, and then come in one mail
    """
    with house.store.reading() as tx:
        found = lists.by_slug(tx, slug)
    try:
        if word is not None or days or found is None:
            found = giving_way.set_etiquette(house, slug, word or (found.etiquette if found else "anyway"), days=days)
    except giving_way.EtiquetteError as error:
        raise Refused(str(error)) from None
    line = f"Campaigns to “{slug}”: {found.etiquette}"
    line += (
        "."
        if found.etiquette == "anyway"
        else f", {found.wait_days} {'day' if found.wait_days == 1 else 'days'} at most."
    )
    say({"slug": found.slug, **_etiquette(found)}, wants_json, line)


def _etiquette(one: lists.MailingList) -> dict[str, Any]:
    return {"etiquette": one.etiquette, "wait_days": one.wait_days}
