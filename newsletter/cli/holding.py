"""`newsletter hold …`: letters that wait for the owner's word."""

import sys

import click

from newsletter.cli.speaking import Refused, as_json, show, with_house
from newsletter.store import holds
from newsletter.usecases import generations, holding
from newsletter.usecases.holding import HoldError
from newsletter.usecases.house import House

_SAID_EVERY = 1_000
"""So many readers take some seconds."""


@click.group()
def hold() -> None:
    """Letters that wait for the owner's word."""


@hold.command("list")
@as_json
@with_house
def list_held(house: House, wants_json: bool) -> None:
    """Who waits, and why."""
    waiting = [
        {"subscriber": one.subscriber, "reason": one.reason, "due_at": one.due_at} for one in holding.held(house)
    ]
    said = what_is_on(house)
    for line in said:
        click.echo(line, err=wants_json)
    show(waiting, wants_json, "Nobody waits yet." if said else "Nothing waits.")


def what_is_on(house: House) -> list[str]:
    """What holds more than single people, in sentences."""
    generations.may_go_on(house)  # finds out an older copy, also while no worker runs
    with house.store.reading() as tx:
        said, is_copy = holds.switch(tx), generations.is_older_copy(tx)
    lines = [f"{generations.SENTENCE} Then: {generations.COMMAND}"] if is_copy else []
    if said:
        by = f" by {said.by}" if said.by else ""
        lines.append(
            f"All lessons are held since {said.changed_at:%Y-%m-%d %H:%M} UTC{by}: {said.value}"
            " “newsletter hold release” lets them go on."
        )
    return lines


@hold.command("all")
@click.option("--reason", required=True, help="Why, in a few words; whoever releases the lessons will want to know.")
@with_house
def hold_all(house: House, reason: str) -> None:
    """Hold every lesson of every course, from now until `hold release`."""
    try:
        many = holding.hold_all(house, reason)
    except HoldError as error:
        raise Refused(str(error)) from None
    click.echo(f"All lessons are held; {many} were due or on their way to a sender. Campaigns and tests go on.")


@hold.command("release")
@with_house
def release_held(house: House) -> None:
    """Let all that waits go on: one letter a slot, no burst."""
    early = holding.held_people(house)
    holding.begin_release(house)
    click.echo(f"Released: {early + _carry_out(house)}.")
    for line in what_is_on(house):
        click.echo(f"But nothing goes yet. {line}")


@hold.command("skip")
@with_house
def skip_held(house: House) -> None:
    """End the courses that wait."""
    holding.begin_skip(house)
    click.echo(f"Ended: {_carry_out(house)}.")


def _carry_out(house: House) -> int:
    """Carry the word out here and now, and say how far it is when that takes a while; a worker helps, and goes on."""
    many = 0
    while done := holding.carry_on(house):
        many += done
        if many % _SAID_EVERY == 0:
            click.echo(f"{many:,} so far", err=True)
    return many


@hold.command("acknowledge")
@click.option("--yes", is_flag=True, help="On a terminal: do not ask once more.")
@with_house
def acknowledge(house: House, yes: bool) -> None:
    """Let this house go on after a backup was put back.

    What went out after the backup was made may go out once more; what readers and you did since then is missing.
    """
    generations.may_go_on(house)  # finds out an older copy, also while no worker runs
    with house.store.reading() as tx:
        made = generations.copied_at(tx)
    if made is None:
        click.echo("There is nothing to acknowledge.")
        return
    click.echo(f"This database is as it was at {made:%Y-%m-%d %H:%M} UTC. {generations.WARNING}")
    if sys.stdin.isatty() and not yes:
        click.confirm("Let it go on from here?", abort=True)
    generations.acknowledge(house)
    click.echo("Planning and sending go on.")
