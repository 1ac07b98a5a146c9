"""Who lets letters go on hears what stands in the way: an older copy of the database, or the switch for all lessons."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsletter import app
from newsletter.cli.main import main
from newsletter.settings import load
from newsletter.store import duties
from newsletter.usecases import campaigns, generations
from newsletter.usecases.generations import Generation
from tests.usecases.household import crowd

MADE = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new house."""
    monkeypatch.chdir(tmp_path)
    assert run("db", "upgrade").exit_code == 0


@pytest.fixture
def older_copy() -> None:
    """The house's database is one that was made on the twentieth of November."""
    house = app.build_house(load())
    with house.store.transaction() as tx:
        duties.remember(tx, "generation", json.dumps(asdict(Generation("mine", 7, MADE.isoformat()))))
    assert house.generations is not None
    house.generations.write_text(json.dumps({"mine": {"stood": 300}}))
    house.store.close()


@pytest.mark.usefixtures("older_copy")
@pytest.mark.parametrize("words", [("hold", "release"), ("tick",), ("hold", "list")])
def test_whatever_should_make_letters_go_says_that_an_older_copy_stands_in_the_way(words: tuple[str, ...]) -> None:
    said = run(*words)
    assert said.exit_code == 0
    assert "older copy: a backup was put back" in said.output and generations.COMMAND in said.output


@pytest.mark.usefixtures("older_copy")
def test_what_a_tick_says_of_it_leaves_its_json_alone() -> None:
    said = run("tick", "--json")
    assert json.loads(said.stdout)["sent"] == 0
    assert generations.COMMAND in said.stderr


@pytest.mark.usefixtures("older_copy")
def test_who_acknowledges_it_is_told_as_of_when_it_is_and_what_may_be_repeated_or_missing() -> None:
    said = run("hold", "acknowledge").output
    assert "as it was at 2026-11-20 03:10 UTC" in said
    assert "may go out once more" in said and "missing" in said and "a newer copy" in said
    assert said.endswith("Planning and sending go on.\n")
    assert run("hold", "acknowledge").output == "There is nothing to acknowledge.\n"
    assert generations.COMMAND not in run("hold", "release").output + run("tick").output


def test_a_tick_says_that_all_lessons_are_held_and_how_to_let_them_go_on() -> None:
    run("hold", "all", "--reason", "A flood in the valley.")
    said = run("tick").output
    assert "A flood in the valley." in said and "newsletter hold release" in said
    assert "newsletter hold release" not in run("hold", "release").output


def test_a_copy_that_was_put_back_a_moment_later_sends_nothing_a_second_time(tmp_path: Path) -> None:
    database = tmp_path / "var" / "newsletter.db"
    run("tick")
    house = app.build_house(load())
    crowd(house, 2)
    made = campaigns.create(house, subject="News", body="Some news.")
    campaigns.queue(house, made)
    house.store.scrub()  # all of it is in the one file
    house.store.close()
    backup = database.read_bytes()

    assert json.loads(run("tick", "--json").stdout)["sent"] == 2
    for leftover in database.parent.glob("newsletter.db-*"):
        leftover.unlink()
    database.write_bytes(backup)
    assert json.loads(run("tick", "--json").stdout)["sent"] == 0
    assert "older copy" in run("hold", "list").output
    run("hold", "acknowledge")
    assert json.loads(run("tick", "--json").stdout)["sent"] == 2
