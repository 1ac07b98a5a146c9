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
from newsletter.usecases import campaigns


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
