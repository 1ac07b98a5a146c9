"""What the owner learns by mail: one for one trouble, when mail flows."""

from email import message_from_bytes, policy

from newsletter.domain.delivery import Kind, State
from newsletter.usecases import admins
from newsletter.usecases.house import House
from tests.usecases.household import OK, Post, TwoClocks, ask, crowd, join, row, rows, send
from tests.usecases.test_stopping import every_answer_is_settled_at_once, refusing, slowly, start

__all__ = ["every_answer_is_settled_at_once"]
OWNER = "anna@example.org"
REFUSES = "The relay mail.example.org:587 cannot be reached: connection refused."


def told(post: Post, to: str = OWNER) -> list[str]:
    """The plain text of every notice that came, on one line."""
    mails = [message_from_bytes(one.data, policy=policy.default) for one in post.accepted if one.envelope_to == to]
    return [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in mails]


def go_through_trouble(house: House, clock: TwoClocks, minutes: int) -> Post:
    """A relay that is gone for so long, and then takes everything."""
    send(house, Post(closed=REFUSES))
    clock.pass_by(minutes=minutes)
    return send(house, Post())


def test_every_owner_gets_one_mail_when_the_relay_works_again(house: House, clock: TwoClocks) -> None:
    for address, role in ((OWNER, "owner"), ("ben@example.org", "owner"), ("eva@example.org", "editor")):
        admins.invite(house, address, role)
    for number in range(3):
        ask(house, f"p{number}@example.net")
    post = go_through_trouble(house, clock, 95)
    send(house, post)

    (words,) = told(post)
    assert words.startswith("Mail goes out again. The mail server takes our mail again. It had not since Monday, 5 May")
    assert REFUSES in words
    assert "We tried once." in words
    assert "Nothing is lost" in words
    assert "https://letters.example.org/admin/deliveries/" in words
    assert "example.net" not in words
    assert len(told(post, "ben@example.org")) == 1
    assert told(post, "eva@example.org") == []
    assert len(rows(house, kind=Kind.CONFIRMATION, state=State.SENT)) == 3


def test_what_passes_within_minutes_nobody_needs_to_know(house: House, clock: TwoClocks) -> None:
    admins.invite(house, OWNER)
    ask(house)

    assert told(go_through_trouble(house, clock, 9)) == []


def test_what_waited_meanwhile_is_counted(bare_house: House, clock: TwoClocks) -> None:
    admins.invite(bare_house, OWNER)
    start(bare_house, 1200)

    (words,) = told(go_through_trouble(bare_house, clock, 60))
    waited = int(words.partition("Nothing is lost. ")[2].partition(" emails wait")[0].replace(",", ""))
    assert 0 < waited < 1200


def test_a_campaign_that_pauses_itself_is_told_at_once_without_anybody_s_address(bare_house: House) -> None:
    admins.invite(bare_house, OWNER)
    made = start(bare_house, 120)
    refuse = refusing(5)
    post = send(bare_house, slowly(lambda out: OK if out.envelope_to == OWNER else refuse(out)))

    (words,) = told(post)
    assert words.startswith("A campaign paused itself. 1")
    assert (
        "were refused for good, most often with “550 5.1.1 <address>: no such user here”. The campaign “News”" in words
    )
    assert f"https://letters.example.org/admin/campaigns/{made}" in words
    assert "@example.org" not in words
    assert row(bare_house, kind=Kind.NOTICE)["state"] == State.SENT


def test_where_nobody_is_the_owner_nobody_is_told(house: House, clock: TwoClocks) -> None:
    join(house)
    crowd(house, 2)
    go_through_trouble(house, clock, 60)

    assert rows(house, kind=Kind.NOTICE) == []
