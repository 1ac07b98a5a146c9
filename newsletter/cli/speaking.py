"""How the command speaks: one JSON document or plain lines on stdout, one line for a mistake on stderr."""

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from newsletter import app
from newsletter.settings import Settings, SettingsError, as_instant, load, unknown_names
from newsletter.store.engine import StoreError
from newsletter.usecases.house import Clock, House

TOLD = "_NEWSLETTER_TOLD"
"""Set by a command for those it starts: what the settings deserve has been said."""
as_json = click.option("--json", "wants_json", is_flag=True, help="One JSON document on stdout and nothing else.")


class Refused(click.ClickException):
    """Something that cannot be done; exit status 1."""

    exit_code = 1


class Trunk(click.Group):
    """A group whose mistakes are one line on stderr: exit status 2 for usage, 1 for what was refused.

    `branches` are commands that are imported when they are asked for, "module:name" by name.
    """

    def __init__(self, *args: Any, branches: Mapping[str, str], **kwargs: Any) -> None:
        """Remember where the branches are."""
        super().__init__(*args, **kwargs)
        self.branches = branches

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        return sorted([*super().list_commands(ctx), *self.branches])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command of ours, or a branch."""
        if cmd_name not in self.branches:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.branches[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command; click alone would print its usage around every mistake."""
        try:
            status = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.ClickException as error:
            click.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(1)
        sys.exit(status if isinstance(status, int) else 0)


class Instant(click.ParamType[datetime]):
    """An ISO instant; UTC when it names no zone."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or fail as a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            return as_instant(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time. Write it as 2026-11-26T09:00 or 2026-11-26T09:00-07:00.", param, ctx)


def settings() -> Settings:
    """The settings, or the sentences that say what is wrong with them."""
    warn_of_unknown_names()
    try:
        return load()
    except SettingsError as error:
        raise Refused("\n".join(error.lines)) from None


@cache
def warn_of_unknown_names() -> None:
    """Say once, on stderr, which settings are none."""
    for line in unknown_names() if TOLD not in os.environ else ():
        click.echo(line, err=True)


@contextmanager
def open_house(clock: Clock | None = None, *, upgraded: bool = True) -> Iterator[House]:
    """The house for one command; closed at its end."""
    quiet_logs()
    with refusing():
        house = app.build_house(settings(), clock)
        try:
            if upgraded and not house.store.is_current():
                raise Refused("The database is not ready for this version. Run `newsletter db upgrade` first.")
            if upgraded:
                house.clock.now()  # a clock that begins here writes that down: not later, in a transaction of ours
            yield house.current() if upgraded else house
        finally:
            house.store.close()


@contextmanager
def refusing() -> Iterator[None]:
    """Turn the house's own errors into one line and exit status 1."""
    from newsletter.domain.address import AddressError
    from newsletter.usecases.admins import InviteError
    from newsletter.usecases.campaigns import CampaignError
    from newsletter.usecases.courses import CourseError
    from newsletter.usecases.people import PersonError

    try:
        yield
    except SettingsError as error:
        raise Refused("\n".join(error.lines)) from None
    except (AddressError, CampaignError, CourseError, InviteError, PersonError, StoreError) as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")) from None


def with_house(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the house as its first argument."""

    @wraps(command)
    def opened(*args: Any, **kwargs: Any) -> Any:
        with open_house() as house:
            return command(house, *args, **kwargs)

    return opened


def quiet_logs() -> None:
    """Logs go to stderr; what runs for long says more."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def say(document: Any, wants_json: bool, line: str) -> None:
    """Print a document as JSON, or one line that says the same."""
    if wants_json:
        click.echo(json.dumps(plain(document), ensure_ascii=False, indent=2))
    else:
        click.echo(line)


def show(rows: list[dict[str, Any]], wants_json: bool, nothing: str, hide: tuple[str, ...] = ()) -> None:
    """Print rows as JSON or as a table without the columns in `hide`; `nothing` is what an empty table teaches."""
    if wants_json:
        click.echo(json.dumps(plain(rows), ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(nothing)
        return
    from rich.console import Console
    from rich.table import Table

    columns = [name for name in rows[0] if name not in hide]
    table = Table(*columns, box=None, header_style="bold", padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(_in_a_cell(row[name]) for name in columns))
    # A pipe has no width: a row must not be cut there.
    console = Console()
    (console if console.is_terminal else Console(width=400)).print(table)


def _in_a_cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return "" if value is None else str(plain(value))


def plain(value: Any) -> Any:
    """Instants as ISO UTC, enums as their words, dataclasses as dicts."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Enum():
            return value.value
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case Path():
            return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    return value
