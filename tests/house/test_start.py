"""What a process imports before it works: a service is three of them, and starting must take a moment."""

import subprocess
import sys

import click
import pytest

from newsletter.cli import main

SELDOM = {"alembic", "bs4", "dns", "rich", "newsletter.content.articles"}
"""What only a migration, an article, a DNS check or a table on the screen needs."""


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ("newsletter.cli", SELDOM | {"apscheduler", "flask", "gunicorn"}),
        ("newsletter.cli,newsletter.processes", SELDOM | {"apscheduler", "flask", "gunicorn"}),
        ("newsletter.cli,newsletter.serving,newsletter.web", SELDOM | {"apscheduler"}),
        ("newsletter.cli,newsletter.scheduling.clockwork", SELDOM | {"flask", "gunicorn"}),
    ],
    ids=["command", "parent", "web", "worker"],
)
def test_a_process_imports_nothing_that_only_others_need(modules: str, unwanted: set[str]) -> None:
    command = [sys.executable, "-c", f"import sys,{modules};print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert unwanted & set(done.stdout.split()) == set()


def test_every_branch_of_the_command_grows_where_it_should() -> None:
    context = click.Context(main)
    named = {name: main.get_command(context, name) for name in main.list_commands(context)}
    assert {name: found.name for name, found in named.items() if found} == {name: name for name in named}
    assert {"run", "tick", "campaign", "subscribers", "bench"} <= named.keys()
