"""A house on a fresh database of each kind, with clocks to move and a post to look into."""

import pytest

from newsletter.store.engine import Store
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, build, join, send, teach, to_next


@pytest.fixture
def clock() -> TwoClocks:
    """Both clocks of the house."""
    return TwoClocks()


@pytest.fixture
def bare_house(store: Store, clock: TwoClocks) -> House:
    """A house with a list and no course."""
    return build(store, clock)


@pytest.fixture
def house(bare_house: House) -> House:
    """A house with a list and a course of five letters: Lesson 0 (opening), 1, 2, 3, and 4 (closing)."""
    teach(bare_house)
    return bare_house


@pytest.fixture
def post() -> Post:
    """A way out that takes everything."""
    return Post()


@pytest.fixture
def maria(house: House, post: Post, clock: TwoClocks) -> House:
    """Maria has had her welcome and her first weekly letter, on a Tuesday at nine in Berlin."""
    join(house)
    send(house, post)
    to_next(house, clock, post)
    return house
