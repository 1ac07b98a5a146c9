"""A campaign that most servers refuse stops itself, says why, and goes on when its owner says so."""

import re
import time
from collections.abc import Callable
from itertools import count

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import CLOSED, Deferred, Failed, Kind, Outcome, State
from newsletter.domain.message import Outgoing
from newsletter.usecases import campaigns, outbox, wants
from newsletter.usecases.house import House
from tests.usecases.household import OK, Post, TwoClocks, crowd, join, rows, send

UNKNOWN = Failed("550 5.1.1 <address>: no such user here", bad_address=True)


@pytest.fixture(autouse=True)
def every_answer_is_settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a wire on which a message takes a tenth of a second; a tenth of a second's answers go together."""
    monkeypatch.setattr(outbox, "SETTLE_AFTER", 0.0)


def slowly(answer: Callable[[Outgoing], Outcome]) -> Post:
    """A server that leaves the ledger time to learn of each answer."""

    def answered(message: Outgoing) -> Outcome:
        time.sleep(0.002)
        return answer(message)

    return Post(answer=answered)


def refusing(every: int, how: Outcome = UNKNOWN) -> Callable[[Outgoing], Outcome]:
    """Every so-manieth message is refused."""
    numbers = count(1)
    return lambda _: how if next(numbers) % every == 0 else OK


def start(house: House, readers: int) -> str:
    crowd(house, readers)
    made = campaigns.create(house, subject="News", body="Some news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def tally(house: House, made: str) -> dict[str, int]:
    found = [row["state"] for row in rows(house, kind=Kind.CAMPAIGN)]
    return {state: found.count(state) for state in set(found)}


def test_a_campaign_with_too_many_refusals_pauses_itself_and_says_why(bare_house: House) -> None:
    made = start(bare_house, 120)
    send(bare_house, slowly(refusing(5)))

    told = campaigns.status(bare_house, made)
    assert told.campaign.state is CampaignState.PAUSED
    assert told.tally.failed < 20
    assert told.tally.queued > 0
    words = told.campaign.reason or ""
    counted = re.match(r"(\d+) of the first (\d+) emails were refused for good, most often with", words)
    assert counted is not None
    assert 10 <= int(counted[1]) <= told.tally.failed
    assert 50 <= int(counted[2]) <= told.tally.failed + told.tally.sent
    assert "most often with “550 5.1.1 <address>: no such user here”: see who, then resume or cancel it." in words
    with bare_house.store.reading() as tx:
        assert any(words in want.sentence and want.about == made for want in wants.everything(bare_house, tx))


def test_after_a_resume_it_counts_anew_and_everybody_is_written_to_once(bare_house: House) -> None:
    """L = 0, D = 0."""
    made = start(bare_house, 400)
    post = slowly(refusing(5))
    pauses = 0
    while campaigns.status(bare_house, made).tally.queued:
        before = campaigns.status(bare_house, made).tally
        send(bare_house, post)
        told = campaigns.status(bare_house, made)
        assert told.tally.sent > before.sent
        if told.campaign.state is not CampaignState.PAUSED:
            break
        pauses += 1
        assert "since it went on" in (told.campaign.reason or "") or pauses == 1
        campaigns.resume(bare_house, made)
        assert campaigns.status(bare_house, made).campaign.reason is None

    assert pauses > 1
    assert tally(bare_house, made) == {State.SENT: 320, State.FAILED: 80}
    assert post.doubles() == {}
    assert len(post.tried) == 400


@pytest.mark.parametrize(
    "answer",
    [refusing(25), refusing(2, Deferred("450 4.2.1 not now"))],
    ids=["few are refused", "many are put off"],
)
def test_it_goes_on_when(bare_house: House, answer: Callable[[Outgoing], Outcome]) -> None:
    made = start(bare_house, 500)
    send(bare_house, Post(answer=answer))

    assert campaigns.status(bare_house, made).campaign.state is CampaignState.SENDING


def test_refused_lessons_and_confirmations_stop_no_campaign(house: House, clock: TwoClocks) -> None:
    made = start(house, 30)
    for number in range(15):
        join(house, f"n{number}@example.net")
    send(house, Post(answer=lambda out: OK if out.envelope_to.startswith("p") else UNKNOWN))

    assert campaigns.status(house, made).campaign.state is CampaignState.SENDING
    assert all(row["state"] in CLOSED for row in rows(house, kind=Kind.LESSON))
