"""Discreet letters: the inbox shows nothing of what she reads, and the link to it expires."""

from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

import pytest
from sqlalchemy import select

from newsletter.content.compose import Composer
from newsletter.domain.cadence import Cadence
from newsletter.domain.delivery import TO_NO_SUBSCRIBER, Kind
from newsletter.domain.discretion import READABLE_FOR
from newsletter.domain.message import Letterhead, Mailbox
from newsletter.domain.tokens import Purpose
from newsletter.store import courses as rows_of_courses
from newsletter.store import deliveries, lists, subscribers, tables, timetables
from newsletter.usecases import (
    campaigns,
    discreet,
    drawing,
    housekeeping,
    leaving,
    letters,
    preferences,
    reading,
    signup,
)
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError
from newsletter.usecases.press import Press
from tests.content.samples import TEMPLATES
from tests.usecases.household import (
    Post,
    TwoClocks,
    ask,
    build,
    enrollment,
    join,
    person,
    preferences_token,
    rows,
    send,
    teach,
    tick,
)
from tests.usecases.test_press import alone, claimed, printed

MARIA = "maria@example.org"


@pytest.fixture
def practice(house: House) -> House:
    """A house whose name, sender and call to action would tell what its letters are about."""
    telling = Letterhead(
        base_url="https://letters.example.org",
        name="Berg Trauma Therapy",
        sender=Mailbox("anna@letters.example.org", "Anna Berg, therapist"),
        reply_to=Mailbox("practice@letters.example.org", "Berg Trauma Therapy"),
        postal_address="Hauptstr. 1\n10115 Berlin",
        call_to_action="Book a first therapy session",
        call_to_action_url="https://letters.example.org/book",
        timezone="Europe/Berlin",
    )
    return build(house.store, house.clock, letterhead=telling, composer=Composer(TEMPLATES, telling))


def subscribe(house: House, wish: str = "on") -> None:
    join(house, MARIA, name="Maria")
    assert discreet.choose(house, preferences_token(house), wish)


def words(message: Message) -> str:
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return "\n".join(str(part.decode()) for part in parts if isinstance(part, bytes))


def newest(post: Post) -> Message:
    return message_from_bytes(post.accepted[-1].data)


def token_in(post: Post, room: str) -> str:
    found = words(newest(post))
    return found.partition(f"/{room}/")[2][:43]


def test_a_lesson_and_a_campaign_show_nothing_in_the_inbox(practice: House, post: Post) -> None:
    subscribe(practice)
    send(practice, post)
    made = campaigns.create(practice, subject="On trauma", body="Dear {{ name }},\n\nabout **trauma**.")
    campaigns.queue(practice, made)
    campaigns.start_due(practice)
    send(practice, post)

    assert post.subjects(MARIA)[-2:] == ["A letter for you"] * 2
    for message in (message_from_bytes(one.data) for one in post.accepted[-2:]):
        assert parseaddr(message["From"]) == ("Letters", "anna@letters.example.org")
        assert parseaddr(message["Reply-To"]) == ("", "practice@letters.example.org")
        shown = message.as_string().lower() + words(message).lower()
        for telling in ("trauma", "therap", "berg", "lesson 0", "some words", "room at the table", "book a", "988"):
            assert telling not in shown.replace("feedback-id: lesson", ""), telling
        assert "Unsubscribe" in words(message) and "Pause" in words(message) and "Hauptstr. 1" in words(message)
        assert "You get this email because" in words(message)
        assert message["List-Unsubscribe"] and message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def ask_for(house: House, list_slug: str) -> None:
    """Somebody enters her address into the form of a list, and knows nothing else of her."""
    ask(house, MARIA, name="Maria", list_slug=list_slug)


def assert_tells_nothing(post: Post) -> Message:
    message = newest(post)
    assert str(message["Subject"]) == "A note for you"
    assert parseaddr(message["From"]) == ("Letters", "anna@letters.example.org")
    assert parseaddr(message["Reply-To"]) == ("", "practice@letters.example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    shown = message.as_string().lower() + words(message).lower()
    for telling in ("trauma", "therap", "berg", "room at the table", "grief", "weekly letter", "on the list", "988"):
        assert telling not in shown, telling
    assert "Dear Maria" in words(message) and "You get this email because" in words(message)
    return message


def test_a_stranger_who_enters_her_address_again_makes_nothing_seen_in_her_inbox(practice: House, post: Post) -> None:
    subscribe(practice)
    send(practice, post)
    ask_for(practice, "letters")
    send(practice, post)

    assert_tells_nothing(post)
    assert post.subjects(MARIA) == ["A letter for you", "A note for you"]
    assert f"/preferences/{preferences_token(practice)}?saved=asked" in words(newest(post))


def test_a_second_list_is_confirmed_and_reminded_of_with_nothing_seen_in_her_inbox(
    practice: House, post: Post, clock: TwoClocks
) -> None:
    with practice.store.transaction() as tx:
        lists.add(tx, slug="grief", title="Letters on grief", now=clock.now())
    subscribe(practice)
    send(practice, post)
    ask_for(practice, "grief")
    send(practice, post)
    first = assert_tells_nothing(post)
    assert "The link works until Monday, 16 March 2026." in " ".join(words(first).split())
    clock.pass_by(days=2, hours=1)
    housekeeping.remind_due(practice)
    send(practice, post)
    reminder = assert_tells_nothing(post)

    assert reminder["Message-ID"] != first["Message-ID"]
    assert [row["kind"] for row in rows(practice, MARIA)][-2:] == [Kind.CONFIRMATION, Kind.REMINDER]
    welcome = signup.confirm(practice, token_in(post, "confirm"))
    assert welcome is not None and welcome.list_title == "Letters on grief"


def test_who_asks_for_it_when_she_confirms_gets_the_welcome_with_nothing_seen_in_her_inbox(
    practice: House, post: Post
) -> None:
    ask_for(practice, "letters")
    send(practice, post)
    welcome = signup.confirm(practice, token_in(post, "confirm"), discreetly=True)
    send(practice, post)

    assert welcome is not None and welcome.subscriber.discreet
    assert post.subjects(MARIA) == ["Please confirm your email address", "A letter for you"]


def test_who_asks_for_it_at_the_second_press_of_the_button_gets_it_and_nothing_else_changes(
    practice: House, post: Post
) -> None:
    ask_for(practice, "letters")
    send(practice, post)
    for discreetly in (False, True, False):
        signup.confirm(practice, token_in(post, "confirm"), discreetly=discreetly)
    send(practice, post)

    assert person(practice).discreet
    assert post.subjects(MARIA)[1:] == ["A letter for you"]


def test_who_left_and_is_signed_up_again_is_asked_with_nothing_seen_in_her_inbox(practice: House, post: Post) -> None:
    subscribe(practice)
    leaving.leave_all(practice, preferences_token(practice))
    ask_for(practice, "letters")
    send(practice, post)
    assert_tells_nothing(post)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in TO_NO_SUBSCRIBER])
def test_no_kind_of_mail_to_her_comes_open(practice: House, kind: Kind) -> None:
    """Also one that is thought of tomorrow: whoever adds it says here what stands in its place."""
    subscribe(practice)
    with practice.store.transaction() as tx:
        standing = subscribers.subscriptions_of(tx, person(practice).id)[0]
        deliveries.plan(
            tx,
            kind,
            subscriber=person(practice).id,
            due=practice.clock.now(),
            planned=practice.clock.now(),
            created=practice.clock.machine(),
            subscription_id=standing.id,
        )
        row = tx.execute(select(tables.deliveries).order_by(tables.deliveries.c.id.desc())).first()
        assert row is not None
        letter = letters.write(practice, tx, row)
    head = letters.headers(practice, letter, address=MARIA, message_id="<x@example.org>", date=practice.clock.now())
    assert head.sender.name == "Letters" and head.reply_to == Mailbox("practice@letters.example.org", "")
    assert "Berg" not in letter.written.text + letter.written.html + letter.written.subject


def test_what_she_did_not_ask_for_letters_with_stays_as_it_is(practice: House, post: Post) -> None:
    subscribe(practice, "off")
    send(practice, post)
    assert post.subjects(MARIA)[-1] == "Lesson 0"
    assert parseaddr(newest(post)["From"])[0] == "Anna Berg, therapist"


@pytest.mark.parametrize("wish", ["", "yes", "1"])
def test_a_wish_that_is_none_changes_nothing(house: House, wish: str) -> None:
    join(house)
    with pytest.raises(PreferenceError):
        discreet.choose(house, preferences_token(house), wish)
    assert person(house).discreet is False
    assert discreet.choose(house, "x" * 43, "on") is False


def test_the_link_opens_the_letter_until_it_expires(house: House, post: Post, clock: TwoClocks) -> None:
    subscribe(house)
    send(house, post)
    link = token_in(post, "read")
    (owed,) = rows(house, MARIA, kind="lesson")
    assert house.keyring.read_token(Purpose.VIEW, link) is None, "no link of hers opens it for ever"
    clock.pass_by(READABLE_FOR)
    clock.business = owed["sent_at"] + READABLE_FOR

    def opened() -> str | None:
        with house.store.reading() as tx:
            row = reading.letter_behind(house, tx, Purpose.DISCREET, link)
        return row.public_id if row is not None else None

    assert opened() is None
    clock.pass_by(seconds=-1)
    assert opened() == owed["public_id"]


def test_the_link_of_the_page_to_reflect_on_expires_with_it(house: House, post: Post, clock: TwoClocks) -> None:
    subscribe(house)
    send(house, post)
    link = token_in(post, "read")
    with house.store.reading() as tx:
        assert reading.reflection(house, tx, Purpose.DISCREET, link) is not None
    clock.pass_by(READABLE_FOR)
    with house.store.reading() as tx:
        assert reading.reflection(house, tx, Purpose.DISCREET, link) is None


def test_her_wish_holds_from_the_next_letter_on_and_can_be_taken_back(
    house: House, post: Post, clock: TwoClocks
) -> None:
    join(house)
    send(house, post)

    def next_letter() -> str:
        clock.pass_by(enrollment(house)["next_due_at"] - clock.business)
        tick(house, post)
        return post.subjects()[-1]

    discreet.choose(house, preferences_token(house), "on")
    assert next_letter() == "A letter for you"
    discreet.choose(house, preferences_token(house), "off")
    assert next_letter() == "Lesson 2"


def test_a_campaign_drawn_straight_into_a_senders_hands_is_discreet_too(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "PARTS_AT_ONCE", 0)
    subscribe(house)
    send(house, post)
    made = campaigns.create(house, subject="On trauma", body="Dear {{ name }},\n\nabout it.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    claims = drawing.draw(house, "h/1/a", "letters.example.org")

    assert claims is not None and [claim.person.discreet for claim in claims if claim.person] == [True]
    (message,) = printed(house, claims)
    assert isinstance(message, bytes) and str(message_from_bytes(message)["Subject"]) == "A letter for you"


def test_a_batch_with_discreet_readers_is_the_bytes_that_each_letter_would_be_alone(house: House) -> None:
    for number in range(6):
        join(house, f"reader{number}@example.org", name="Anna" if number % 2 else "")
        if number in (0, 3, 4):
            discreet.choose(house, preferences_token(house, f"reader{number}@example.org"), "on")
    made = campaigns.create(house, subject="News, {{ name }}", body="Dear {{ name }},\n\nsome news.")
    campaigns.queue(house, made)
    campaigns.start_due(house)
    claims = claimed(house)
    messages = printed(house, claims, Press(house))

    assert messages == [alone(house, claim) for claim in claims]
    subjects = [str(message_from_bytes(one)["Subject"]) for one in messages if isinstance(one, bytes)]
    assert subjects.count("A letter for you") == 6
    assert printed(house, list(reversed(claims))) == list(reversed(messages))


def test_the_welcome_tells_the_calendar_of_a_course_that_is_not_weekly(bare_house: House, post: Post) -> None:
    teach(bare_house)
    with bare_house.store.transaction() as tx:
        course = rows_of_courses.by_slug(tx, "belonging")
        revision = rows_of_courses.newest_revision(tx, course.id, published=True)
        timetables.set_cadence(tx, revision, Cadence(every=3, gap=3))
    join(bare_house)
    send(bare_house, post)
    assert "after that one every three days" in " ".join(words(newest(post)).split())


def test_the_welcome_tells_the_pace_that_she_chose(bare_house: House, post: Post, clock: TwoClocks) -> None:
    teach(bare_house)
    join(bare_house)
    preferences.set_rhythm(
        bare_house, preferences_token(bare_house), hour="9", weekday="", timezone="Europe/Berlin", pace="2"
    )
    send(bare_house, post)
    assert "after that one every two weeks" in " ".join(words(newest(post)).split())
