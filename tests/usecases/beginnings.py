"""Databases in which a story has begun, gone through once a process: a test that begins there gets a copy.

Each beginning goes on from the one above it, so a copy of one holds them all. What a beginning leaves outside its
database, the hands of the clocks and what the post took, is kept with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.message import Outgoing
from newsletter.store.engine import Store
from newsletter.usecases.house import House
from tests.usecases.household import Post, TwoClocks, join, open_list, put_together, send, teach, to_next

STEPS: Mapping[str, Callable[[House, TwoClocks, Post], object]] = {
    "bare_house": lambda house, _clock, _post: open_list(house),
    "taught": lambda house, _clock, _post: teach(house),
    "joined": lambda house, _clock, _post: join(house),
    "welcomed": lambda house, _clock, post: send(house, post),
    "begun": to_next,
}
"""What leads to each beginning, by the name of the fixture that asks for it."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """One beginning: where its database is kept, and what stood outside of that."""

    database: str
    business: datetime
    machine_time: datetime
    accepted: tuple[Outgoing, ...]
    tried: tuple[Outgoing, ...]

    def set_up(self, clock: TwoClocks, post: Post) -> None:
        """Move the clocks and fill the post as if a test had gone through it itself."""
        clock.business, clock.machine_time = self.business, self.machine_time
        post.accepted[:], post.tried[:] = self.accepted, self.tried


def go_through(url: str, keep: Callable[[str], str]) -> dict[str, Beginning]:
    """Every beginning, made in turn in the migrated database behind `url`.

    `keep` is called with a beginning's name when nothing is connected, and tells where it put its copy.
    """
    clock, post, store = TwoClocks(), Post(), Store.open(url)
    house, made = put_together(store, clock), {}
    for name, step in STEPS.items():
        step(house, clock, post)
        store.close()
        outside = clock.business, clock.machine_time, tuple(post.accepted), tuple(post.tried)
        made[name] = Beginning(keep(name), *outside)
    return made
