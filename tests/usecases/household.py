"""A House to try things in: clocks that stand until they are moved, a scripted way out, people who sign up."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesHeaderParser
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from newsletter.content.compose import Composer
from newsletter.domain.course import CourseText, Lesson, Role
from newsletter.domain.delivery import OPEN, Kind, Outcome, Sent
from newsletter.domain.enrollment import Progress
from newsletter.domain.message import Letterhead, Mailbox, Outgoing
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import Keyring, Purpose
from newsletter.mail.transport import RelayUnavailable, Supply
from newsletter.store import audiences, lists, subscribers, tables
from newsletter.store.engine import Store
from newsletter.usecases import courses, people, planning, sending, signup
from newsletter.usecases.house import House
from newsletter.usecases.signup import Request, Welcome

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday, nine o'clock in Berlin."""

LETTERHEAD = Letterhead(
    base_url="https://letters.example.org",
    sender=Mailbox("anna@letters.example.org", "Anna"),
    postal_address="Anna Berg\nHauptstr. 1\n10115 Berlin",
    timezone="Europe/Berlin",
)
OK = Sent("250 2.0.0 taken")
COMPOSER = Composer(Path(__file__).parents[2] / "templates" / "emails", LETTERHEAD)
"""One for all tests: it remembers its layouts, which take a tenth of a second each."""


@dataclass(slots=True)
class TwoClocks:
    """Business time and machine time, both standing until a test moves them."""

    business: datetime = MONDAY
    machine_time: datetime = datetime(2031, 5, 5, 5, tzinfo=UTC)

    def now(self) -> datetime:
        """Business time."""
        return self.business

    def machine(self) -> datetime:
        """Machine time."""
        return self.machine_time

    def pass_by(self, span: timedelta = timedelta(0), **parts: float) -> None:
        """Let time pass on both clocks."""
        span += timedelta(**parts)
        self.business += span
        self.machine_time += span


@lru_cache(maxsize=10_000)
def _head(data: bytes) -> Message:
    """The headers of a message, read once: a walk through weeks looks at the same ones at every step."""
    return BytesHeaderParser().parsebytes(data)


@dataclass(slots=True)
class Post:
    """A way out that answers as scripted, and keeps what it took.

    `answer` is asked for every message, after the intent was recorded. A reason in `closed` is raised before any
    message is pulled, as a transport does that reaches nobody.
    """

    answer: Callable[[Outgoing], Outcome] = lambda _: OK
    closed: str = ""
    accepted: list[Outgoing] = field(default_factory=list)
    tried: list[Outgoing] = field(default_factory=list)

    def send(self, supply: Supply) -> Iterator[list[tuple[Outgoing, Outcome]]]:
        """Answer each message by the script."""
        if self.closed:
            raise RelayUnavailable(self.closed)
        while messages := supply(1):
            (message,) = messages
            self.tried.append(message)
            outcome = self.answer(message)
            if isinstance(outcome, Sent):
                self.accepted.append(message)
            yield [(message, outcome)]

    def close(self) -> None:
        """Nothing is held open."""

    def subjects(self, to: str | None = None) -> list[str]:
        """What was accepted, in order, by subject."""
        mine = [message for message in self.accepted if to in (None, message.envelope_to)]
        return [str(_head(message.data)["Subject"]) for message in mine]

    def ids(self) -> list[str]:
        """The Message-ID of every try."""
        return [str(_head(message.data)["Message-ID"]) for message in self.tried]

    def doubles(self) -> dict[str, int]:
        """Message-IDs that were accepted more than once."""
        counted = Counter(str(_head(message.data)["Message-ID"]) for message in self.accepted)
        return {name: times for name, times in counted.items() if times > 1}


def a_lesson(number: int, role: Role = Role.WEEKLY, words: str = "Some words.") -> Lesson:
    """A small lesson; its subject is `Lesson 3`, its key `lesson-03`."""
    return Lesson(f"lesson-{number:02}", role, f"Lesson {number}", f"Lesson {number}", "What it is.", words)


def a_course(weekly: int = 3, slug: str = "belonging") -> CourseText:
    """A course with an opening (Lesson 0), weekly letters and a closing one."""
    middle = [a_lesson(number) for number in range(1, weekly + 1)]
    ends = a_lesson(0, Role.OPENING), a_lesson(weekly + 1, Role.CLOSING)
    return CourseText(slug, "Room at the Table", (ends[0], *middle, ends[1]))


def build(store: Store, clock: TwoClocks | None = None, **changes: Any) -> House:
    """A house on a migrated store with one list, and no course in it yet."""
    clock = clock or TwoClocks()
    house = put_together(store, clock)
    open_list(house)
    return replace(house, **changes)


def put_together(store: Store, clock: TwoClocks) -> House:
    """The same house around whatever its store holds."""
    return House(
        store=store,
        clock=clock,
        keyring=Keyring([b"k" * 32]),
        letterhead=LETTERHEAD,
        composer=COMPOSER,
        open_transport=Post,
        seal=lambda message: message,
        begins={"letters": "belonging"},
        mail_leaves=True,
        signups_per_hour=10_000,
        journals=Path(tempfile.mkdtemp(dir=os.environ["TESTS_SHARED_FOLDER"])),
    )


def open_list(house: House) -> None:
    """Add the one list, `letters`."""
    with house.store.transaction() as tx:
        lists.add(tx, slug="letters", title="Letters", now=house.clock.now())


def teach(house: House, weekly: int = 3) -> None:
    """Load and publish the small course."""
    courses.load_shipped(house, a_course(weekly))


def ask(house: House, email: str = "maria@example.org", **wish: str) -> signup.Answer:
    """Send the sign-up form."""
    return signup.request(house, Request(email=email, **{"timezone": "Europe/Berlin", "peer": "192.0.2.7", **wish}))


def crowd(house: House, readers: int) -> None:
    """So many confirmed readers at once, without a course: p1@example.org and so on."""
    with house.store.transaction() as tx:
        list_id = lists.by_slug(tx, "letters").id
        for number in range(1, readers + 1):
            key = house.address_keys(f"p{number}@example.org")[0]
            subscribers.add(
                tx, address=f"p{number}@example.org", key=key, name="", timezone=None, now=house.clock.now()
            )
            her = subscribers.find(tx, [key]).id
            subscribers.add_subscription(tx, her, list_id, Status.CONFIRMED, house.clock.now())


def confirm_token(house: House, email: str = "maria@example.org") -> str:
    """The token in the newest confirmation mail to an address."""
    newest = rows(house, email, kind=Kind.CONFIRMATION)[-1]
    return house.keyring.token(Purpose.CONFIRM, newest["public_id"])


def join(house: House, email: str = "maria@example.org", **wish: Any) -> Welcome:
    """Sign up and confirm by button."""
    choice = {"choice": wish.pop("choice")} if "choice" in wish else {}
    ask(house, email, **wish)
    welcome = signup.confirm(house, confirm_token(house, email), **choice)
    assert welcome is not None
    return welcome


def person(house: House, email: str = "maria@example.org") -> Subscriber:
    """Somebody by her address."""
    with house.store.reading() as tx:
        return people.find(house, tx, email)


def preferences_token(house: House, email: str = "maria@example.org") -> str:
    """The token of her preferences link."""
    return house.keyring.token(Purpose.PREFERENCES, person(house, email).public_id)


def leave_token(house: House, email: str = "maria@example.org", list_slug: str = "letters") -> str:
    """The token of the unsubscribe link in her letters."""
    with house.store.reading() as tx:
        mine = subscribers.subscriptions_of(tx, people.find(house, tx, email).id)
    (public_id,) = [one.public_id for one in mine if one.list_slug == list_slug]
    return house.keyring.token(Purpose.UNSUBSCRIBE, public_id)


def rows(house: House, email: str | None = None, **where: Any) -> list[dict[str, Any]]:
    """Rows of the ledger, the oldest first, with their lesson's key."""
    table = tables.deliveries
    question = (
        select(table, tables.lessons.c.key.label("lesson"), tables.subscribers.c.address)
        .join(tables.lessons, tables.lessons.c.id == table.c.lesson_id, isouter=True)
        .join(tables.subscribers, tables.subscribers.c.id == table.c.subscriber_id, isouter=True)
        .where(*[table.c[column] == value for column, value in where.items()])
        .order_by(table.c.id)
    )
    if email is not None:
        question = question.where(tables.subscribers.c.address == email)
    with house.store.reading() as tx:
        return [dict(row._mapping) for row in tx.execute(question)]


def row(house: House, email: str | None = None, **where: Any) -> dict[str, Any]:
    """The only row of the ledger that fits."""
    (only,) = rows(house, email, **where)
    return only


def enrollment(house: House, email: str = "maria@example.org", run: int | None = None) -> dict[str, Any]:
    """Somebody's newest run of the course, as its row."""
    table = tables.enrollments
    question = select(table).where(table.c.subscriber_id == person(house, email).id).order_by(table.c.run.desc())
    if run is not None:
        question = question.where(table.c.run == run)
    with house.store.reading() as tx:
        return dict(tx.execute(question).first()._mapping)


def subscription(house: House, email: str = "maria@example.org") -> dict[str, Any]:
    """Somebody's subscription to the one list, as its row."""
    table = tables.subscriptions
    with house.store.reading() as tx:
        question = select(table).where(table.c.subscriber_id == people.find(house, tx, email).id)
        return dict(tx.execute(question).one()._mapping)


def force(house: House, table: Any, number: int, **values: Any) -> None:
    """Write into a row behind everybody's back."""
    with house.store.transaction() as tx:
        tx.execute(update(table).where(table.c.id == number).values(**values))


def send(house: House, post: Post | None = None, holder: str = "h/1/a", **how: Any) -> Post:
    """One round of sending. Returns the post."""
    post = post or Post()
    sending.send_due(house, post, holder=holder, **how)
    return post


def tick(house: House, post: Post) -> None:
    """Plan what is due, then send what is due."""
    planning.plan_due(house)
    send(house, post)


def to_next(house: House, clock: TwoClocks, post: Post) -> None:
    """Go to the moment of Maria's next letter, and let it go out."""
    clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
    tick(house, post)


def pass_empty_hours(house: House, clock: TwoClocks, most: int = 24 * 365) -> int:
    """Let as many whole hours pass, one at least, as there are to the next in which something is due. Returns them."""
    tasks, runs = tables.deliveries.c, tables.enrollments.c
    waits = select(tasks.due_at).where(tasks.state.in_(OPEN))
    begins = select(runs.next_due_at).where(runs.state == Progress.ACTIVE, runs.next_due_at.is_not(None))
    with house.store.reading() as tx:
        is_at_hand = audiences.has_part(tx)
        moments = [*tx.scalars(waits), *tx.scalars(begins)]
    left = min(moments, default=datetime.max.replace(tzinfo=UTC)) - clock.now()
    hours = 1 if is_at_hand else max(1, min(most, -(-left // timedelta(hours=1))))
    clock.pass_by(hours=hours)
    return hours
