"""The press: a batch of claims into the very bytes that each letter alone would be, with few questions asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes

import pytest
from sqlalchemy import event, update

from newsletter.content import compiled
from newsletter.content.fields import HeaderError
from newsletter.content.mime import build
from newsletter.domain.delivery import LEASE, Claim, Kind
from newsletter.domain.message import Tidy
from newsletter.store import courses, dispatch, tables
from newsletter.usecases import campaigns, housekeeping, letters, planning, testing
from newsletter.usecases import courses as usecase_courses
from newsletter.usecases.house import House
from newsletter.usecases.letters import LetterError
from newsletter.usecases.press import Press
from tests.usecases.household import TwoClocks, a_course, ask, crowd, force, join, send


def claimed(house: House, *kinds: Kind) -> list[Claim]:
    """Everything that is due, of some kinds or of all, in a sender's hands."""
    now, machine = house.clock.now(), house.clock.machine()
    with house.store.transaction() as tx:
        claims = dispatch.take(tx, now=now, machine=machine, limit=1000)
        intent = {"now": now, "machine": machine, "holder": "test", "lease": LEASE, "domain": "letters.example.org"}
        dispatch.record_intents(tx, claims, **intent)
    return [claim for claim in claims if not kinds or claim.kind in kinds]


def printed(house: House, claims: list[Claim], press: Press | None = None) -> list[bytes | Exception]:
    with house.store.reading() as tx:
        names = [f"<{claim.public_id}@letters.example.org>" for claim in claims]
        return (press or Press(house)).print(tx, claims, house.clock.now(), names)


def alone(house: House, claim: Claim) -> bytes:
    """The message as a preview makes it, and the page behind its link."""
    with house.store.reading() as tx:
        letter = letters.write(house, tx, claim)
    name = f"<{claim.public_id}@letters.example.org>"
    head = letters.headers(house, letter, address=claim.address, message_id=name, date=house.clock.now())
    return build(letter.written, head)


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Every question that the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("PRAGMA"):  # a connection is told what it may do when that changes
            asked.append(statement)

    event.listen(house.store.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(house.store.engine, "before_cursor_execute", note)


def campaign(house: House, subject: str = "News, {{ name }}", body: str = "Dear {{ name }},\n\nsome news.") -> str:
    made = campaigns.create(house, subject=subject, body=body)
    campaigns.queue(house, made)
    campaigns.start_due(house)
    return made


def every_kind(house: House) -> list[Claim]:
    """A batch with a letter of every kind, to readers with and without a name, here and elsewhere."""
    readers = ("Anna", "Europe/Berlin"), ("", "America/New_York"), ("Zoë & Söhne", "America/Denver")
    for number, (name, zone) in enumerate(readers):
        join(house, f"reader{number}@example.org", name=name, timezone=zone)
    claims = claimed(house)  # three openings
    ask(house, "new@example.org", name="Nora")
    ask(house, "reader0@example.org")
    campaign(house)
    with house.store.reading() as tx:
        course = courses.by_slug(tx, "belonging")
        revisions = [one.revision_id for one in courses.order(tx, course.id)]
    for revision in revisions[:2]:
        testing.send_test_lesson(house, revision, "trial@example.org")
    campaigns.send_test(house, campaigns.create(house, subject="Trial", body="Words."), "trial@example.org")
    return claims + claimed(house)


def test_every_letter_of_a_batch_is_the_bytes_that_it_would_be_alone(house: House) -> None:
    claims = every_kind(house)
    messages = printed(house, claims)

    assert {claim.kind for claim in claims} >= {
        Kind.CONFIRMATION,
        Kind.PREFERENCES,
        Kind.LESSON,
        Kind.CAMPAIGN,
        Kind.TEST,
    }
    assert messages == [alone(house, claim) for claim in claims]
    assert printed(house, list(reversed(claims))) == list(reversed(messages))


NAMES = (
    "Anna",
    "",
    "María",
    "O'Brien & Söhne",
    "Anna Maria",
    " \x00 ",
    "b",
    "Q" * 33,
    "%b <i>",
    "Anna",
    "a - -",
    "Zoë O’Neill2",
)


def test_whatever_they_are_called_readers_of_a_campaign_get_the_bytes_that_each_would_alone(house: House) -> None:
    for number, name in enumerate(NAMES):
        join(house, f"Reader{number}@example.org", name=name)
    claimed(house)
    campaign(house, body="Dear {{ name }},\n\nsome news, {{ name }}, for {{ name | upper }}.")
    campaign(house, subject="More news", body="Dear {{ name }},\n\n100 % more.")
    claims = claimed(house, Kind.CAMPAIGN)
    messages = printed(house, claims)

    assert len(claims) == 2 * len(NAMES)
    assert messages == [alone(house, claim) for claim in claims]
    assert printed(house, list(reversed(claims))) == list(reversed(messages))


def test_readers_of_a_lesson_get_the_bytes_that_each_would_alone_also_when_the_course_changes(
    house: House, clock: TwoClocks
) -> None:
    press = Press(house)
    for number, name in enumerate(NAMES):
        zone = "America/New_York" if number % 3 else "Europe/Berlin"
        join(house, f"reader{number}@example.org", name=name, timezone=zone)
    send(house)
    clock.pass_by(days=1)
    planning.plan_due(house)  # nine in the morning in Berlin
    clock.pass_by(hours=6)
    planning.plan_due(house)  # and in New York
    weekly = claimed(house, Kind.LESSON)
    before = printed(house, weekly, press)
    assert len(weekly) == len(NAMES)
    assert before == [alone(house, claim) for claim in weekly]
    assert [b"Letter 1 of 3" in message for message in before] == [True] * len(NAMES)

    usecase_courses.load_shipped(house, a_course(weekly=4))
    after = printed(house, weekly, press)
    assert after == [alone(house, claim) for claim in weekly]
    assert [b"Letter 1 of 4" in message for message in after] == [True] * len(NAMES)


def test_an_opening_that_names_no_slot_decides_nothing_for_those_that_do(house: House, clock: TwoClocks) -> None:
    for name in ("Anna", "Berta"):
        join(house, f"{name}@example.org", name=name)
    first, second = claimed(house, Kind.LESSON)
    force(house, tables.enrollments, first.enrollment_id, last_slot_at=clock.now())
    messages = printed(house, [first, second])

    assert [b"Your first letter leaves" in message for message in messages] == [False, True]
    assert messages == [alone(house, first), alone(house, second)]


def test_a_reminder_is_printed_too(house: House, clock: TwoClocks) -> None:
    ask(house, "late@example.org", name="Lea")
    send(house)
    clock.pass_by(days=2)
    housekeeping.remind_due(house)
    (reminder,) = [claim for claim in claimed(house) if claim.kind is Kind.REMINDER]

    assert printed(house, [reminder]) == [alone(house, reminder)]


def test_a_thousand_letters_of_a_campaign_ask_as_many_questions_as_two(bare_house: House) -> None:
    crowd(bare_house, 1000)
    campaign(bare_house)
    claims = claimed(bare_house)
    press = Press(bare_house)
    with statements(bare_house) as of_two:
        printed(bare_house, claims[:2])
    with statements(bare_house) as of_all:
        messages = printed(bare_house, claims, press)
    with statements(bare_house) as later:
        assert printed(bare_house, claims, press) == messages

    assert len(claims) == 1000
    assert of_all == of_two
    tables_asked = [
        [statement.split("FROM ")[1].split()[0] for statement in asked if "FROM" in statement]
        for asked in (of_all, later)
    ]
    assert tables_asked == [["lists", "campaigns"], []], "each claim brings its reader and her subscription"
    addressed = [message_from_bytes(message)["To"] for message in messages]
    assert addressed == [claim.address for claim in claims]


def test_a_trial_of_a_draft_says_what_the_draft_says_now(bare_house: House) -> None:
    """The press keeps what campaigns say, but a draft may be written on between two trials."""
    press, draft = Press(bare_house), campaigns.create(bare_house, subject="First", body="Words.")
    subjects = []
    for subject in ("First", "Second"):
        with bare_house.store.transaction() as tx:
            tx.execute(update(tables.campaigns).values(subject=subject))
        campaigns.send_test(bare_house, draft, "trial@example.org")
        (message,) = printed(bare_house, claimed(bare_house), press)
        subjects.append(message_from_bytes(message)["Subject"])

    assert subjects == ["[Test] First", "[Test] Second"]


def test_a_draft_that_is_rewritten_after_a_trial_goes_out_as_it_was_queued(bare_house: House) -> None:
    """While a long campaign is sent one press prints for hours, and trials of the next one come to it, too."""
    crowd(bare_house, 2)
    press, draft = Press(bare_house), campaigns.create(bare_house, subject="First", body="Words.")
    campaigns.send_test(bare_house, draft, "trial@example.org")
    printed(bare_house, claimed(bare_house), press)
    with bare_house.store.transaction() as tx:
        tx.execute(update(tables.campaigns).values(subject="Second"))
    campaigns.queue(bare_house, draft)
    campaigns.start_due(bare_house)
    messages = printed(bare_house, claimed(bare_house), press)

    assert [message_from_bytes(message)["Subject"] for message in messages] == ["Second", "Second"]


def test_lessons_ask_a_question_a_table_however_many_readers(house: House) -> None:
    for number in range(6):
        join(house, f"reader{number}@example.org", name="Anna")
    claims = claimed(house, Kind.LESSON)
    with statements(house) as of_one:
        printed(house, claims[:1])
    with statements(house) as of_six:
        printed(house, claims)

    assert len(claims) == 6
    assert of_six == of_one


def test_a_kind_of_letter_is_laid_out_and_encoded_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(["Anna", "Berta", "Clara", "", ""]):
        join(house, f"reader{number}@example.org", name=name)
    press, claims, made = Press(house), claimed(house, Kind.LESSON), []
    encode = compiled.Compiled.__init__
    monkeypatch.setattr(compiled.Compiled, "__init__", lambda *given: made.append(given) or encode(*given))
    printed(house, claims, press)
    assert len(made) == 2  # with a name and without

    monkeypatch.setattr(type(house.composer), "_lay_out", lambda *_: pytest.fail("laid out again"))
    printed(house, claims, press)
    assert len(made) == 2


def test_a_letter_that_cannot_be_printed_stops_nobody_else(bare_house: House) -> None:
    crowd(bare_house, 4)
    campaign(bare_house)
    first, second, third, fourth = claimed(bare_house)
    second = second._replace(address="broken\r\nBcc: x@example.org")
    third = third._replace(campaign_id=None)
    messages = printed(bare_house, [first, second, third, fourth])

    assert [type(message) for message in messages] == [Tidy, HeaderError, LetterError, Tidy]
    assert messages[0] == alone(bare_house, first)


def test_a_damaged_row_stops_nobody_else(house: House) -> None:
    join(house, "anna@example.org")
    crowd(house, 2)
    campaign(house)
    claims = claimed(house, Kind.LESSON, Kind.CAMPAIGN)
    with house.store.transaction() as tx:
        tx.execute(update(tables.lesson_revisions).values(sources="{"))
    failed = {
        claim.kind
        for claim, message in zip(claims, printed(house, claims), strict=True)
        if not isinstance(message, bytes)
    }

    assert {claim.kind for claim in claims} == {Kind.LESSON, Kind.CAMPAIGN}
    assert failed == {Kind.LESSON}


def test_a_batch_of_none_is_no_letter(house: House) -> None:
    assert printed(house, []) == []
