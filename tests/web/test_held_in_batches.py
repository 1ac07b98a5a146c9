"""A word on many held readers: the page says how far it is, by itself and without scripts."""

import pytest
from bs4 import BeautifulSoup

from newsletter.usecases import holding, planning
from tests.web.stage import Stage, csrf

HELD = "/admin/held/"


def test_the_page_says_how_far_a_release_is_and_a_worker_ends_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "_AT_ONCE", 2)
    for number in range(5):
        stage.subscribed(f"p{number}@example.org")
    holding.hold_all(stage.house, "Bad news")
    stage.clock.move(days=9)
    planning.plan_due(stage.house)
    owner = stage.signed_in("owner")
    asking = owner.get(f"{HELD}release")
    answer = owner.post(f"{HELD}release", data={"csrf_token": csrf(asking)}, follow_redirects=True)

    page = BeautifulSoup(answer.text, "html.parser")
    assert "2 of 5 people go on by now" in " ".join(page.select_one("#progress").get_text(" ").split())  # type: ignore[union-attr]
    assert "No worker runs" in answer.text
    fragment = owner.get(f"{HELD}progress")
    assert fragment.headers["X-Campaign-State"] == "release"
    assert 'value="2"' in fragment.text
    stage.a_worker_runs()
    assert "goes on by itself" in owner.get(HELD).text

    stage.tick()
    assert owner.get(f"{HELD}progress").headers["X-Campaign-State"] == "done"
    assert "Nobody's letters wait" in owner.get(HELD).text
