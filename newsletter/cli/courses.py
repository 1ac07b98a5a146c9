"""`newsletter course …`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from newsletter.cli import calendar, foretelling, proposing, ways
from newsletter.cli.articles import read_all
from newsletter.cli.speaking import Instant, Refused, as_json, plain, say, show, with_house
from newsletter.content.articles import to_course
from newsletter.content.lessons import LessonError, read_folder, write_folder
from newsletter.domain.cadence import known_zones
from newsletter.domain.course import MOST_LESSONS, CourseText
from newsletter.domain.path import Late
from newsletter.store import courses as rows
from newsletter.usecases import conditions, courses, publishing, time_machine
from newsletter.usecases.house import House


@click.group()
def course() -> None:
    """Courses: import, load, publish, look ahead."""


course.add_command(ways.way)
course.add_command(ways.enroll)
course.add_command(calendar.set_calendar)
course.add_command(calendar.set_timing)


@course.command("list")
@as_json
@with_house
def list_courses(house: House, wants_json: bool) -> None:
    """All courses."""
    with house.store.reading() as tx:
        found = [
            {"slug": one.slug, "title": one.title, "letters": len(rows.order(tx, one.id))}
            for one in rows.everything(tx)
        ]
    show(found, wants_json, "No course yet. `newsletter course import FILE --slug S --title T` makes one.")


@course.command("show")
@click.argument("slug_or_folder")
@as_json
@with_house
def show_course(house: House, slug_or_folder: str, wants_json: bool) -> None:
    """The lessons of a course's newest revision, or of a folder not loaded yet; with their texts in JSON."""
    found = _find(house, slug_or_folder)
    lines = [f"{found.title} ({found.slug})"]
    lines += [f"  {number:2} {one.role:8} {one.key}: {one.title}" for number, one in enumerate(found.lessons)]
    say(found, wants_json, "\n".join(lines))


@course.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--slug", required=True, help="Small letters, digits and hyphens.")
@click.option("--title", required=True, help="Neutral: it stands in letters.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="The folder to write; default ./SLUG.")
@as_json
def import_articles(files: Sequence[Path], slug: str, title: str, into: Path | None, wants_json: bool) -> None:
    """Articles (text as pasted, Markdown, HTML) become a folder of lessons in the articles' own words.

    FILES are files, folders of them, or - for what is pasted on standard input. If there is a course SLUG already,
    what the articles say now becomes its draft, keys kept where a section is the same, and the differences are told;
    a folder is written then if --into names one. Nobody gets anything before it is published.
    """
    folder = into or Path(slug)
    made, report = to_course(read_all(files), slug=slug, title=title)
    proposal = proposing.propose(made)
    if proposal is not None and into is None:
        said = {"folder": None, "lessons": [], "report": plain(report), **proposing.document(proposal)}
        say(said, wants_json, "\n".join([*_report_lines(report), *proposing.lines(proposal)]))
        return
    made = proposal.course if proposal else made
    try:
        written = write_folder(made, folder)
    except LessonError as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {(error.strerror or 'no reason given').lower()}.") from None
    said = {
        "folder": folder,
        "lessons": [path.name for path in written if path.suffix == ".md"],
        "report": plain(report),
        **(proposing.document(proposal) if proposal else {}),
    }
    if proposal is not None:
        say(said, wants_json, "\n".join([*_report_lines(report), *proposing.lines(proposal)]))
        return
    lines = [*_report_lines(report), f"Look through {folder}/, then: newsletter course load {folder}"]
    if (many := len(made.lessons)) > MOST_LESSONS:
        lines.append(f"These are {many} letters, and {MOST_LESSONS} are the most: make two folders of it first.")
    say(said, wants_json, "\n".join(lines))


def _report_lines(report: Any) -> list[str]:
    return [str(line) for line in report.lines]


@course.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--slug", help="Instead of the folder's own.")
@as_json
@with_house
def load_course(house: House, folder: Path, slug: str | None, wants_json: bool) -> None:
    """Load a folder of lessons as a draft; `course publish` makes it count."""
    text = _read(folder)
    changed = courses.load(house, text if slug is None else replace(text, slug=slug))
    said = {"slug": slug or text.slug, "lessons": len(text.lessons), "changed": changed}
    say(said, wants_json, f"{len(text.lessons)} letters, {changed} new or changed. Next: course publish {said['slug']}")


@course.command("check")
@click.argument("slug_or_folder")
@as_json
@with_house
def check_course(house: House, slug_or_folder: str, wants_json: bool) -> None:
    """Say whether a course can be loaded and published, and what is worth a thought before it is.

    Refused is a text that cannot be sent, and a letter that misses the line for people in distress, the reason why
    one gets it, or the way to pause or to unsubscribe, in HTML or text.
    """
    text = _find(house, slug_or_folder)
    courses.check(house, text.lessons)
    warnings = [*courses.warnings(house, text.lessons), *conditions.doubts(house, slug_or_folder)]
    lines = [f"{len(text.lessons)} letters, nothing to mend.", *_to_think_over(warnings)]
    say({"letters": len(text.lessons), "ok": True, "warnings": warnings}, wants_json, "\n".join(lines))


@course.command("publish")
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Only say what would happen: who gets which letter, and when.")
@click.option(
    "--late",
    "choices",
    multiple=True,
    metavar="[KEY=]WHO",
    help="Who else gets a new lesson: upcoming readers (as if left out), also those who finished, or nobody.",
)
@as_json
@with_house
def publish_course(house: House, slug: str, dry_run: bool, choices: Sequence[str], wants_json: bool) -> None:
    """Make the newest draft the course that people get."""
    choice, doubts = _choice(house, slug, choices), conditions.doubts(house, slug)
    if dry_run:
        told = publishing.look_ahead(house, slug, choice, asked=_say_how_many)
        lines = (
            ["Nothing waits to be published."] if told is None else [*foretelling.lines(told), *_to_think_over(doubts)]
        )
        say(told and plain(told) | {"warnings": doubts}, wants_json, "\n".join(lines))
        return
    number = publishing.publish(house, slug, choice=choice)
    done = f"Revision {number} is published. Readers get it, and new times, with the worker’s next round."
    lines = [done, *_to_think_over(doubts)] if number else ["Nothing waits to be published."]
    say({"published": number, "warnings": doubts}, wants_json, "\n".join(lines))


def _to_think_over(warnings: Sequence[str]) -> list[str]:
    return [f"  to think over: {one}" for one in warnings]


def _say_how_many(readers: int) -> None:
    click.echo(f"{readers:,} readers asked so far", err=True)


def _choice(house: House, slug: str, said: Sequence[str]) -> dict[str, Late]:
    """Who gets each new lesson, of `KEY=WHO` for one and `WHO` for all of them."""
    chosen: dict[str, Late] = {}
    for text in said:
        key, is_one, who = text.rpartition("=")
        if who not in list(Late):
            raise click.UsageError(f"--late: “{who}” is none of {', '.join(Late)}.")
        chosen |= {one: Late(who) for one in ([key] if is_one else publishing.new_lessons(house, slug))}
    return chosen


@course.command("condition")
@click.argument("slug")
@click.argument("key")
@click.argument("who", default="")
@with_house
def set_condition(house: House, slug: str, key: str, who: str) -> None:
    """Say in the draft who gets a lesson; without WHO everybody does. It counts once it is published.

    WHO is an expression such as "list:letters and not (lesson:repair or timezone:America/*)": terms of list, tag,
    lesson (had in this course), answered (yes to a lesson's question), timezone, hour, weekday and pace.
    """
    conditions.set_condition(house, slug, key, who)
    said = f"is for {who}" if who.strip() else "is for everybody"
    click.echo(f"In the draft, {key} {said}. Next: course publish {slug} --dry-run")


@course.command("preview")
@click.argument("slug")
@click.option("--start", type=Instant(), help="When somebody confirms; now if left out.")
@click.option("--timezone", "zone", help="Her zone; the owner's if left out.")
@click.option("--subscriber", metavar="EMAIL", help="Somebody who is in the course, instead of a newcomer.")
@as_json
@with_house
def preview_course(
    house: House, slug: str, start: datetime | None, zone: str | None, subscriber: str | None, wants_json: bool
) -> None:
    """When each letter would come to somebody who confirms now, or will come to one person; and why then."""
    if subscriber and (start or zone):
        raise Refused("--subscriber is somebody who is in the course already: leave --start and --timezone out.")
    zone = zone or house.letterhead.timezone
    if zone not in known_zones():
        raise Refused(f"“{zone}” is not a zone we know. Use a name such as Europe/Berlin.")
    if subscriber:
        ahead = time_machine.reader(house, slug, subscriber)
    else:
        ahead = time_machine.newcomer(house, slug, start=start or house.clock.now(), zone=zone)
    table = [
        {
            "lesson": one.lesson,
            "role": one.role,
            "at_local": one.at.astimezone(ZoneInfo(ahead.zone)).isoformat(timespec="minutes"),
            "at_utc": one.at,
            "why": list(one.why) if wants_json else " ".join(one.why),
        }
        for one in ahead.letters
    ]
    show(table, wants_json, ahead.rest or "This course has no published letters.")
    if ahead.is_changing:
        click.echo("Readers are just getting new times, for this course changed: ask again in a minute.", err=True)
    for each in ahead.campaigns:
        when = f"{each.at.astimezone(ZoneInfo(ahead.zone)):%Y-%m-%d %H:%M}" if each.at else "never, too old by then"
        click.echo(f"After her course, {when}: {', '.join(each.subjects)}", err=wants_json)


@course.command("forecast")
@click.option("--days", default=time_machine.FORECAST_DAYS, show_default=True, type=click.IntRange(1, 366))
@as_json
@with_house
def forecast_courses(house: House, days: int, wants_json: bool) -> None:
    """How many letters of courses go out on each coming day, to those who are in one now."""
    found = time_machine.forecast(house, days=days, most=time_machine.MOST_ASKED * 10)
    plain_days = [{"day": day.isoformat(), "letters": letters} for day, letters in found.days]
    told = [f"{day:%a %d %b %Y} {letters:9,}" for day, letters in found.days if letters]
    asked = "all of them" if found.one_in == 1 else f"every {found.one_in}th of them"
    lines = [*told, f"{found.inside:,} people are in a course; {asked} were asked. Newcomers are not counted."]
    say({"days": plain_days, "inside": found.inside, "one_in": found.one_in}, wants_json, "\n".join(lines))


def _find(house: House, slug_or_folder: str) -> CourseText:
    with house.store.reading() as tx:
        found = rows.whole(tx, slug_or_folder, published=False)
    if found is None and Path(slug_or_folder).is_dir():
        found = _read(Path(slug_or_folder))
    if found is None:
        raise Refused(f"There is no course and no folder “{slug_or_folder}”. `newsletter course list` shows courses.")
    return found


def _read(folder: Path) -> CourseText:
    try:
        return read_folder(folder)
    except LessonError as error:
        raise Refused(str(error)) from None
