"""The face of the `newsletter` command: what every branch of it must have."""

from collections.abc import Iterator

import click

from newsletter.cli.main import main

ACT_AND_SAY_A_LINE = {
    *("run", "web", "worker", "demo", "db upgrade", "admin create", "list create"),
    *(f"campaign {verb}" for verb in ("queue", "pause", "resume", "cancel", "test", "send-now", "let-go")),
    *(
        "course enroll",
        "course condition",
        "course timing",
        "silence add",
        "silence remove",
        "course way add",
        "course way remove",
    ),
    *("hold all", "hold acknowledge", "hold release", "hold skip"),
    *("subscriber pause", "subscriber erase", "subscribers export"),
}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        branch = command.get_command(context, name)
        assert branch is not None
        yield from leaves(branch, (*path, name))


def test_whatever_lists_or_reports_takes_json() -> None:
    without = {name for name, leaf in leaves(main) if not any("--json" in one.opts for one in leaf.params)}
    assert without == ACT_AND_SAY_A_LINE


def test_every_command_says_what_it_does() -> None:
    assert [name for name, leaf in leaves(main) if not leaf.help] == []
