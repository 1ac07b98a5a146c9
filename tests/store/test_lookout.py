"""Whether others have stopped a campaign: seen before each message, at hardly any cost."""

import time

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.store import campaigns
from newsletter.store.engine import Store
from newsletter.store.lookout import Lookout
from tests.store.ledger import a_campaign, a_list


def stop(store: Store, campaign: int) -> None:
    with store.transaction() as tx:
        campaigns.move(tx, campaign, before=CampaignState.SENDING, after=CampaignState.PAUSED)


def test_a_campaign_that_is_paused_is_news_and_is_not_being_sent(store: Store) -> None:
    with store.transaction() as tx:
        here = a_list(tx)
        one, other = a_campaign(tx, here), a_campaign(tx, here)
    with Lookout(store) as lookout:
        lookout.anything_new()
        assert not lookout.anything_new(), "nothing has happened since"
        assert lookout.campaigns_being_sent() == {one, other}
        assert not lookout.anything_new(), "a look of our own is no news"

        stop(store, one)
        until = time.monotonic() + 5
        while not (told := lookout.anything_new()) and not lookout.misses_nothing and time.monotonic() < until:
            time.sleep(0.001)
        assert told
        assert lookout.campaigns_being_sent() == {other}
        assert not lookout.anything_new(), "it is told once"


def test_what_is_not_committed_is_no_news(store: Store) -> None:
    with store.transaction() as tx:
        one = a_campaign(tx, a_list(tx))
    with Lookout(store) as lookout:
        lookout.anything_new()
        with store.transaction() as tx:
            campaigns.move(tx, one, before=CampaignState.SENDING, after=CampaignState.PAUSED)
            assert not lookout.anything_new()
            assert lookout.campaigns_being_sent() == {one}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_never_keeps_a_commit_from_the_lookout(store: Store) -> None:
    with store.transaction() as tx:
        one = a_campaign(tx, a_list(tx))
    with Lookout(store) as lookout:
        lookout.anything_new()
        for _ in range(100):
            stop(store, one)
            with store.transaction() as tx:
                campaigns.move(tx, one, before=CampaignState.PAUSED, after=CampaignState.SENDING)
            assert lookout.anything_new()
