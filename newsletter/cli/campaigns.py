"""`newsletter campaign …` and `newsletter deliveries`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from newsletter.cli.speaking import Instant, Refused, as_json, say, show, with_house
from newsletter.domain.delivery import State
from newsletter.store import campaigns as rows
from newsletter.store import ledger
from newsletter.usecases import campaigns, giving_way, people
from newsletter.usecases.campaigns import Progress
from newsletter.usecases.house import House


@click.group()
def campaign() -> None:
    """One letter to everybody on a list."""


@campaign.command()
@click.option("--subject", required=True, help="One line; {{ name }} may stand in it.")
@click.option("--body", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Markdown.")
@click.option("--list", "list_slug", default="letters", show_default=True, help="Whom it goes to.")
@as_json
@with_house
def create(house: House, subject: str, body: Path, list_slug: str, wants_json: bool) -> None:
    """Write a draft; prints its id."""
    try:
        text = body.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{body} is not UTF-8 text. Please save it as UTF-8.") from None
    public_id = campaigns.create(house, subject=subject, body=text, list_slug=list_slug)
    say({"id": public_id}, wants_json, public_id)


@campaign.command()
@click.argument("public_id", metavar="ID")
@click.argument("email")
@with_house
def test(house: House, public_id: str, email: str) -> None:
    """Send it to one address, marked as a test."""
    campaigns.send_test(house, public_id, email)
    click.echo("The test goes out with the next round of sending.")


@campaign.command()
@click.argument("public_id", metavar="ID")
@click.option("--at", type=Instant(), help="When to start; now if left out.")
@with_house
def queue(house: House, public_id: str, at: datetime | None) -> None:
    """Freeze its text and put it on the calendar."""
    moved = campaigns.queue(house, public_id, at)
    assert moved.scheduled_at is not None
    moment = f"{moved.scheduled_at:%Y-%m-%d %H:%M} UTC"
    is_past = at is not None and at < house.clock.now()
    click.echo(f"It starts now, for {moment} is past." if is_past else f"Queued for {moment}.")


@campaign.command()
@click.argument("public_id", metavar="ID")
@with_house
def pause(house: House, public_id: str) -> None:
    """Stop it where it is."""
    campaigns.pause(house, public_id)
    click.echo("Paused.")


@campaign.command()
@click.argument("public_id", metavar="ID")
@with_house
def resume(house: House, public_id: str) -> None:
    """Let it go on."""
    campaigns.resume(house, public_id)
    click.echo("It goes on.")


@campaign.command()
@click.argument("public_id", metavar="ID")
@with_house
def cancel(house: House, public_id: str) -> None:
    """End it for good; what waits is skipped."""
    campaigns.cancel(house, public_id)
    click.echo("Cancelled.")


@campaign.command("send-now")
@click.argument("public_id", metavar="ID")
@with_house
def send_now(house: House, public_id: str) -> None:
    """Send it now to those for the end of whose course it waits."""
    gone = giving_way.send_now(house, public_id)
    waits = f" On pause, so that it waits for them on: {gone.on_pause}." if gone.on_pause else ""
    click.echo(f"It goes now to: {gone.people}.{waits} Whoever has a letter today gets it tomorrow.")


@campaign.command("let-go")
@click.argument("public_id", metavar="ID")
@with_house
def let_go(house: House, public_id: str) -> None:
    """Never send it to those for the end of whose course it waits."""
    click.echo(f"Let go for: {giving_way.let_go(house, public_id)}.")


@campaign.command()
@click.argument("public_id", metavar="ID")
@as_json
@with_house
def status(house: House, public_id: str, wants_json: bool) -> None:
    """Where it stands, in emails."""
    found, waits = campaigns.status(house, public_id), giving_way.waiting(house, public_id)
    names = ("queued", "sent", "deferred", "failed", "uncertain", "skipped")
    said: dict[str, Any] = {
        "id": public_id,
        "state": found.campaign.state,
        "recipients": found.campaign.recipients or 0,
        **{name: getattr(found.tally, name) for name in names},
        "reason": found.campaign.reason,
        "sent_in_one_mail": found.account.together,
        "skipped_because": dict(found.account.skipped),
        "erased": found.account.erased,
        "waiting_for_courses": waits.people,
        "waits_until": waits.until,
    }
    lines = [f"{found.campaign.state}: {said['recipients']} recipients{_of_these(found)}"]
    if found.campaign.reason:
        lines.append(found.campaign.reason)
    if waits.people and waits.until:
        lines.append(
            f"{waits.people} of these wait for the end of a course, until {waits.until:%Y-%m-%d %H:%M} UTC at most"
        )
    say(said, wants_json, "\n".join(lines))


def _of_these(found: Progress) -> str:
    """What became of all of them, each in one number."""
    tally, account = found.tally, found.account
    together = f" (of these, {account.together} in one mail with other campaigns)" if account.together else ""
    tried = tally.deferred + tally.uncertain
    again = f" (of these, {tried} for another try)" if tried else ""
    why = f" ({account.reasons})" if account.skipped else ""
    erased = f", {account.erased} erased since" if account.erased else ""
    return (
        f" = {tally.sent} sent{together}, {tally.waiting} waiting{again}, {tally.failed} failed,"
        f" {tally.skipped} skipped{why}{erased}"
    )


@campaign.command("list")
@as_json
@with_house
def list_campaigns(house: House, wants_json: bool) -> None:
    """All campaigns, the newest first."""
    with house.store.reading() as tx:
        found = rows.everything(tx)
    table = [
        {
            "id": one.public_id,
            "subject": one.subject,
            "list": one.list_slug,
            "state": one.state,
            "recipients": one.recipients,
            "scheduled_at": one.scheduled_at,
        }
        for one in found
    ]
    show(table, wants_json, "No campaign yet. `newsletter campaign create --subject S --body FILE.md` writes one.")


@click.command()
@click.option("--campaign", "public_id", help="Of one campaign.")
@click.option("--subscriber", "email", help="Of one person.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="In one state.")
@as_json
@with_house
def deliveries(house: House, public_id: str | None, email: str | None, state: str | None, wants_json: bool) -> None:
    """The ledger: who got it, who did not, why."""
    with house.store.reading() as tx:
        of = rows.by_public_id(tx, public_id) if public_id else None
        if public_id and of is None:
            raise Refused("There is no campaign with this id. `newsletter campaign list` shows those there are.")
        person = people.find(house, tx, email) if email else None
        found = ledger.everything(
            tx,
            campaign=of.id if of else None,
            subscriber=person.id if person else None,
            state=State(state) if state else None,
        )
    show([_row(one) for one in found], wants_json, "No email is or was owed here.", hide=("id", "message_id", "due_at"))


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["public_id"],
        "kind": one["kind"],
        "campaign": one["campaign"],
        "lesson": one["lesson"],
        "subscriber": one["subscriber"],
        "state": one["state"],
        "attempts": one["tries"],
        "message_id": one["message_id"],
        "due_at": one["due_at"],
        "sent_at": one["sent_at"],
        "reply": one["reply"] or one["reason"],
    }
