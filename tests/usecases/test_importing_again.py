"""An article imported again becomes a draft: nobody's place is lost, and nothing is published by itself."""

from dataclasses import replace

import pytest

from newsletter.content.articles import read_articles, to_course
from newsletter.domain.course import CourseText
from newsletter.store import courses as shelf
from newsletter.usecases import courses, importing, lessons, publishing
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from newsletter.usecases.lessons import Kept, Manuscript
from tests.usecases.household import Post, TwoClocks, enrollment, join, tick

SLUG = "belonging"
ARTICLE = """# Bread

Bread is slow, and that is its gift to everybody who waits for it with an empty plate and some patience.

## Flour

Flour is ground from grain, and the finer it is the more water it takes up. Weigh it always, and never scoop it up.

## Water

Water wakes the yeast. Use it lukewarm, as warm as the inside of your wrist, and add it slowly to the flour you have.

## Fire

An oven that is hot enough gives bread its crust. Heat it for an hour before you bake anything in it at all, please.
"""
SALT = "\n## Salt\n\nSalt goes in last, since the yeast suffers from it more than anybody likes. A spoon of it is plenty.\n"


def made(article: str) -> CourseText:
    return to_course(read_articles(article, name="bread.md"), slug=SLUG, title="Bread")[0]


def manuscript(house: House) -> Manuscript:
    with house.store.reading() as tx:
        found = lessons.read(tx, SLUG)
    assert found is not None
    return found


@pytest.fixture
def baking(bare_house: House) -> House:
    """A course made of the article, published."""
    courses.load(bare_house, made(ARTICLE))
    publishing.publish(bare_house, SLUG)
    return bare_house


def keys(house: House) -> list[str]:
    return [one.text.key for one in manuscript(house).lessons]


def test_a_changed_article_is_a_draft_with_the_keys_kept(baking: House) -> None:
    before = keys(baking)
    changed = ARTICLE.replace("## Water", "## On water").replace("for an hour", "for two hours") + SALT
    proposal = importing.propose(baking, made(changed))

    found = manuscript(baking)
    assert found.is_draft and [one.text.key for one in found.published] == before
    assert keys(baking) == [*before, "salt"]
    assert {one.key: one.state for one in proposal.differences if one.state != "same"} == {
        "water": "changed",
        "fire": "changed",
        "salt": "new",
    }
    assert [one.was_called for one in proposal.differences if one.key == "water"] == ["Water"]


def test_the_same_article_proposes_nothing(baking: House) -> None:
    assert importing.propose(baking, made(ARTICLE)).is_empty
    assert not manuscript(baking).is_draft


def test_readers_go_on_from_their_place_once_it_is_published(baking: House, clock: TwoClocks, post: Post) -> None:
    join(baking)
    tick(baking, post)
    clock.pass_by(enrollment(baking)["next_due_at"] - clock.business)
    tick(baking, post)
    had = len(post.accepted)
    importing.propose(baking, made(ARTICLE.replace("Water wakes", "Lukewarm water wakes")))
    publishing.publish(baking, SLUG)
    while enrollment(baking)["state"] == "active":
        clock.pass_by(enrollment(baking)["next_due_at"] - clock.business)
        tick(baking, post)

    assert len(post.accepted) == len(keys(baking)) > had
    assert post.doubles() == {}


def test_what_the_owner_changed_herself_is_kept_where_the_article_says_what_it_said(baking: House) -> None:
    flour = manuscript(baking).find("flour")
    assert flour is not None
    hers = replace(flour.text, body="Flour, in my own words.", subject="A cup of flour")
    assert isinstance(lessons.save(baking, SLUG, hers, seen=flour.digest), Kept)
    importing.propose(baking, made(ARTICLE.replace("for an hour", "for two hours")))

    found = manuscript(baking).find("flour")
    assert found is not None and (found.text.body, found.text.subject) == (hers.body, hers.subject)
    fire = manuscript(baking).find("fire")
    assert fire is not None and "two hours" in fire.text.body


def test_a_key_that_a_lesson_once_had_is_not_given_to_another_section(baking: House) -> None:
    lessons.remove(baking, SLUG, "fire")
    publishing.publish(baking, SLUG)
    importing.propose(baking, made(ARTICLE + SALT.replace("Salt", "Fire")))

    assert "fire-2" in keys(baking) and "fire" not in keys(baking)


def test_there_has_to_be_such_a_course(baking: House) -> None:
    with pytest.raises(CourseError, match="There is no course"):
        importing.propose(baking, replace(made(ARTICLE), slug="nowhere"))
    assert importing.look(baking, replace(made(ARTICLE), slug="nowhere")) is None
    with baking.store.reading() as tx:
        assert shelf.by_slug(tx, "nowhere") is None
    assert not manuscript(baking).is_draft
