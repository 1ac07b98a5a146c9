"""The command tells why a campaign paused itself."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from newsletter import app
from newsletter.cli.main import main
from newsletter.settings import load
from newsletter.store import tables
from newsletter.usecases import campaigns, rights
from tests.usecases.household import crowd, force, person, rows


def test_the_status_of_a_campaign_has_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0
    house = app.build_house(load())
    made = campaigns.create(house, subject="News", body="Some news.")
    why = "10 of the first 60 emails were refused for good: see who, then resume or cancel it."
    with house.store.transaction() as tx:
        tx.execute(update(tables.campaigns).values(state="paused", reason=why))
    house.store.close()

    told = json.loads(CliRunner().invoke(main, ["campaign", "status", made, "--json"]).stdout)
    assert (told["state"], told["reason"]) == ("paused", why)
    assert why in CliRunner().invoke(main, ["campaign", "status", made]).stdout


def test_the_status_of_a_campaign_adds_up_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0
    house = app.build_house(load())
    crowd(house, 6)
    made = campaigns.create(house, subject="News", body="Some news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    ends = [
        {"state": "sent", "reason": "several campaigns in one mail"},
        {"state": "deferred"},
        {"state": "failed"},
        *[{"state": "skipped", "reason": reason} for reason in ("left", "paused")],
    ]
    for values, one in zip(ends, rows(house), strict=False):
        force(house, tables.deliveries, one["id"], **values)
    rights.erase(house, person(house, "p6@example.org"))
    house.store.close()

    said = CliRunner().invoke(main, ["campaign", "status", made]).stdout
    assert said.strip() == (
        "sending: 6 recipients = 1 sent (of these, 1 in one mail with other campaigns), 1 waiting (of these, 1 for another"
        " try), 1 failed, 2 skipped (1 left the list, 1 asked for a pause), 1 erased since"
    )
    told = json.loads(CliRunner().invoke(main, ["campaign", "status", made, "--json"]).stdout)
    assert (told["sent_in_one_mail"], told["skipped_because"], told["erased"]) == (1, {"left": 1, "paused": 1}, 1)
