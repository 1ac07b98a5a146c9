"""The letter in the browser is passed on: whoever looks at it can do nothing in its reader's name."""

import re

from bs4 import BeautifulSoup

from newsletter.usecases import campaigns, discreet
from tests.web.stage import Stage, link, path_of

HERS = ("preferences", "unsubscribe", "reflect", "answer", "confirm", "read")
NOTE = "the link is in your mail"


def shown(stage: Stage, path: str) -> BeautifulSoup:
    answer = stage.visitor().get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def has_nothing_of_hers(page: BeautifulSoup) -> bool:
    ways = re.compile(f"/(?:{'|'.join(HERS)})/")
    tokens = re.compile(r"[\w-]{43}")
    return not any(ways.search(one["href"]) or tokens.search(one["href"]) for one in page.find_all("a"))


def test_a_letter_of_a_course_in_the_browser_has_no_link_of_its_readers(stage: Stage) -> None:
    mail = stage.subscribed(name="Maria")
    tokens = {path_of(link(mail, what)).rpartition("/")[2] for what in ("preferences", "unsubscribe", "reflect")}
    page = shown(stage, path_of(link(mail, "letters")))

    assert has_nothing_of_hers(page) and NOTE in page.get_text()
    assert not any(token in str(page) for token in tokens)
    assert page.find("a").get_text() == "Get these letters"
    assert shown(stage, "/").select_one("form[action$=subscribe]") is not None


def test_a_campaign_in_the_browser_keeps_its_own_links_alone(stage: Stage) -> None:
    stage.subscribed()
    made = campaigns.create(stage.house, subject="News", body="Look at [the garden](https://example.org/garden).")
    campaigns.queue(stage.house, made)
    (mail,) = stage.tick()
    page = shown(stage, path_of(link(mail, "letters")))

    assert has_nothing_of_hers(page) and NOTE in page.get_text()
    assert [one["href"] for one in page.find_all("a")] == ["/", "https://example.org/garden"]


def test_a_discreet_letter_whose_link_expires_keeps_her_links(stage: Stage) -> None:
    mail = stage.subscribed()
    discreet.choose(stage.house, path_of(link(mail, "preferences")).rpartition("/")[2], "on")
    made = campaigns.create(stage.house, subject="News", body="Some news.")
    campaigns.queue(stage.house, made)
    (mail,) = stage.tick()
    page = shown(stage, path_of(link(mail, "read")))

    assert not has_nothing_of_hers(page) and NOTE not in page.get_text()
