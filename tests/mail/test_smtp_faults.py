"""Faults F5 to F11 of the relay, as far as the transport answers for them."""

import threading

import pytest

from newsletter.domain.delivery import Blame, Deferred, Failed, Sent, Uncertain
from newsletter.mail.relay import Relay
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import RelayUnavailable
from tests.mail.letters import BRISK, QUICK, Pile, letters, plain, post, post_some
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, drop, flood, hang, late, raw, reset, say

PIPELINING = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
LOCK_STEP = ()


def at(stage: str, act: Act, message: int = 1):
    """A script that does one thing, to one message."""
    return lambda moment: act if (moment.stage, moment.message) == (stage, message) else None


def always(stage: str, act: Act):
    return lambda moment: act if moment.stage == stage else None


def assert_audit(server: ScriptedSmtp, answers: dict) -> None:
    """What we call sent was accepted once; what was accepted we call sent or uncertain."""
    copies = server.copies()
    assert max(copies.values(), default=0) <= 1
    accepted = {int(message_id[1:].partition("@")[0]) for message_id in copies}
    sent = {number for number, outcome in answers.items() if isinstance(outcome, Sent)}
    uncertain = {number for number, outcome in answers.items() if isinstance(outcome, Uncertain)}
    assert sent <= accepted <= sent | uncertain


def test_a_good_relay_takes_every_letter_once() -> None:
    with ScriptedSmtp() as server:
        answers = post(plain(server, 3), letters(20))

    assert {type(outcome) for outcome in answers.values()} == {Sent}
    assert_audit(server, answers)
    assert len(server.accepted) == 20


def test_f5_421_at_connect_is_the_relays_and_costs_no_intent() -> None:
    pile = Pile(3)
    with ScriptedSmtp(always("GREETING", say("421 4.3.2 Too busy", drop=True))) as server:
        answers, trouble = post_some(plain(server), pile)

    assert isinstance(trouble, RelayUnavailable) and "421 4.3.2 Too busy" in trouble.reason
    assert answers == {} and pile.pulled == []


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("reply", ["450 4.2.0 Greylisted", "451 4.3.0 Try again", "452 4.2.2 Full"])
def test_f5_not_now_about_one_reader_defers_her_alone(stage: str, reply: str) -> None:
    with ScriptedSmtp(at(stage, say(reply))) as server:
        answers = post(plain(server), letters(3))

    assert answers[1] == Deferred(reply, Blame.READER)
    assert isinstance(answers[2], Sent) and isinstance(answers[3], Sent)
    assert_audit(server, answers)


def test_f24_a_relay_that_finds_us_too_fast_costs_no_attempt_and_is_left_alone() -> None:
    """4.7.x to one reader is hers, to the third in a row it is about us."""
    pile = Pile(50)
    with ScriptedSmtp(always("RCPT", say("451 4.7.1 Too fast"))) as server:
        answers, trouble = post_some(plain(server), pile)

    assert isinstance(trouble, RelayUnavailable) and "451 4.7.1 Too fast" in trouble.reason
    assert [answers[n].blame for n in (1, 2, 3)] == [Blame.READER, Blame.READER, Blame.RELAY]
    assert len(answers) == 3


def test_f6_no_such_mailbox_fails_that_reader_alone() -> None:
    with ScriptedSmtp(at("RCPT", say("550 5.1.1 <r1@example.com> no such user"))) as server:
        answers = post(plain(server), letters(3))

    assert answers[1] == Failed("550 5.1.1 <address> no such user", bad_address=True)
    assert isinstance(answers[3], Sent)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("MAIL", "550 5.1.8 Sender unknown"),
        ("MAIL", "553 Not with this sender"),
        ("RCPT", "550 5.4.5 Daily quota used up"),
        ("DOT", "552 5.4.5 Daily quota used up"),
        ("RCPT", "530 5.7.0 Log in first"),
    ],
)
def test_f6_a_refusal_of_us_stops_and_fails_nobody(stage: str, reply: str) -> None:
    pile = Pile(50)
    with ScriptedSmtp(always(stage, say(reply))) as server:
        answers, trouble = post_some(plain(server, 4), pile)

    assert isinstance(trouble, RelayUnavailable) and reply[4:] in trouble.reason
    assert len(pile.pulled) <= 4
    assert set(answers.values()) == {Deferred(reply, Blame.RELAY)}


@pytest.mark.parametrize("stage", ["RCPT", "DOT"])
def test_f6_policy_is_believed_of_us_when_the_third_reader_in_a_row_gets_it(stage: str) -> None:
    pile = Pile(50)
    with ScriptedSmtp(always(stage, say("550 5.7.1 Blocked for spam"))) as server:
        answers, trouble = post_some(plain(server), pile)

    assert isinstance(trouble, RelayUnavailable)
    assert [answers[n].blame for n in (1, 2, 3)] == [Blame.READER, Blame.READER, Blame.RELAY]
    assert len(answers) == (3 if stage == "RCPT" else 4)  # the fourth was announced together with the third's body


def test_f6_policy_of_single_readers_among_others_stops_nothing() -> None:
    def script(moment: Moment) -> Act | None:
        return say("550 5.7.1 Not from you") if moment.stage == "RCPT" and moment.message % 2 else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server), letters(20))

    assert sum(isinstance(outcome, Sent) for outcome in answers.values()) == 10
    assert {outcome.blame for outcome in answers.values() if isinstance(outcome, Deferred)} == {Blame.READER}


def test_f6_goes_on_when_it_clears() -> None:
    blocked = threading.Event()
    blocked.set()
    script = lambda moment: say("550 5.7.1 Blocked") if moment.stage == "RCPT" and blocked.is_set() else None  # noqa: E731
    with ScriptedSmtp(script) as server:
        transport = plain(server)
        with pytest.raises(RelayUnavailable):
            list(transport.send(letters(5)))
        with pytest.raises(RelayUnavailable):  # still remembered: one message is enough now
            list(transport.send(letters(5)))
        assert server.messages == 4
        blocked.clear()
        answers = post(transport, letters(5))

    assert {type(outcome) for outcome in answers.values()} == {Sent}


@pytest.mark.parametrize("stage", ["GREETING", "EHLO"])
def test_f7_silence_before_the_first_message_costs_no_intent(stage: str) -> None:
    pile = Pile(3)
    with ScriptedSmtp(always(stage, hang())) as server:
        _, trouble = post_some(plain(server, timeouts=QUICK), pile)

    assert isinstance(trouble, RelayUnavailable) and "no reply within 0.3 s" in trouble.reason
    assert pile.pulled == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_f7_silence_before_the_final_dot_is_deferred_and_others_go_on(stage: str) -> None:
    with ScriptedSmtp(at(stage, hang(), message=2)) as server:
        answers = post(plain(server, 3, BRISK), letters(30))

    silent = [number for number, outcome in answers.items() if not isinstance(outcome, Sent)]
    assert len(silent) == 1 or (stage == "MAIL" and not silent)  # announced behind another: begun again elsewhere
    assert all(answers[number].blame is Blame.RELAY for number in silent)
    assert_audit(server, answers)


def test_f7_a_connection_silent_at_its_banner_does_not_hold_up_the_others() -> None:
    script = lambda moment: hang() if moment.stage == "GREETING" and moment.connection == 2 else None  # noqa: E731
    with ScriptedSmtp(script) as server:
        answers = post(plain(server, 3, BRISK), letters(30))

    assert {type(outcome) for outcome in answers.values()} == {Sent}


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", [drop(), reset()])
@pytest.mark.parametrize("offers", [PIPELINING, LOCK_STEP])
def test_f8_a_connection_lost_before_the_final_dot_loses_and_doubles_nothing(
    stage: str, fault: Act, offers: tuple[str, ...]
) -> None:
    with ScriptedSmtp(at(stage, fault, message=2), extensions=offers) as server:
        answers = post(plain(server), letters(4))

    assert [type(answers[n]) for n in (1, 3, 4)] == [Sent] * 3
    assert_audit(server, answers)
    if stage == "MAIL" and offers == PIPELINING:  # announced behind the first, and never answered: begun again
        assert isinstance(answers[2], Sent)
    else:
        assert isinstance(answers[2], Deferred) and answers[2].blame is Blame.RELAY


@pytest.mark.parametrize("fault", [drop(taken=True), drop(), reset(), hang(taken=True), hang()])
def test_f9_no_reply_after_the_final_dot_is_uncertain(fault: Act) -> None:
    with ScriptedSmtp(at("DOT", fault, message=2)) as server:
        answers = post(plain(server, timeouts=BRISK), letters(4))

    assert isinstance(answers[2], Uncertain)
    assert [type(answers[n]) for n in (1, 3, 4)] == [Sent] * 3
    assert_audit(server, answers)


def test_f10_a_late_yes_never_settles_another_message() -> None:
    """Message 1 is taken so late that we have given up; message 2 is refused, and must not be called sent."""
    given_up = threading.Event()

    def script(moment: Moment) -> Act | None:
        if moment.stage == "DOT" and moment.message == 1:
            return late("250 2.0.0 Taken at last", given_up)
        if moment.stage == "MAIL" and moment.message == 2:
            given_up.set()
        if moment.stage == "DOT" and moment.message == 2:
            return say("550 5.6.0 Not this one")
        return None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server, timeouts=BRISK), letters(3))

    assert [type(answers[n]) for n in (1, 2, 3)] == [Uncertain, Failed, Sent]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DOT"])
def test_f10_a_reply_too_many_never_settles_another_message(stage: str) -> None:
    """A server that says 250 twice is one reply ahead; what it then says of message 2 must not count for message 1."""
    twice = raw(b"250 2.0.0 Yes\r\n250 2.0.0 And again\r\n")

    def script(moment: Moment) -> Act | None:
        if (moment.stage, moment.message) == (stage, 1):
            return twice
        return say("550 5.6.0 No") if moment.stage == "DOT" and moment.message > 1 else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server), letters(3))

    accepted = set(server.copies())
    assert {f"<{n}@example.org>" for n, outcome in answers.items() if isinstance(outcome, Sent)} <= accepted


def test_f10_a_stray_yes_that_comes_in_the_middle_of_the_next_message() -> None:
    """The extra 250 arrives after we looked: the answers are one off, and DATA's 354 gives it away."""
    first_done = threading.Event()

    def script(moment: Moment) -> Act | None:
        if moment.stage == "MAIL" and moment.message == 2:
            first_done.set()
            return raw(b"250 stray\r\n250 2.1.0 Sender ok\r\n")
        return say("550 5.1.1 No such user") if moment.stage == "RCPT" and moment.message == 2 else None

    with ScriptedSmtp(script, extensions=()) as server:
        answers = post(plain(server), letters(3))

    assert isinstance(answers[2], Deferred) and answers[2].blame is Blame.RELAY
    assert isinstance(answers[3], Sent)
    assert_audit(server, answers)


def test_f11_a_refused_connection_costs_no_intent_and_says_so() -> None:
    with ScriptedSmtp() as server:
        relay = Relay(server.host, server.port, "never")
    pile = Pile(10)
    transport = SmtpTransport(relay, 4)
    for _ in range(3):
        with pytest.raises(RelayUnavailable, match="cannot be reached: no connection: connection refused"):
            list(transport.send(pile))
    transport.close()

    assert pile.pulled == []


def test_f11_a_relay_that_goes_away_between_two_batches_costs_no_intent() -> None:
    pile = Pile(3)
    with ScriptedSmtp() as server:
        transport = plain(server, 2)
        assert sum(map(len, transport.send(letters(4)))) == 4
    with pytest.raises(RelayUnavailable):
        list(transport.send(pile))
    transport.close()

    assert pile.pulled == []


def test_a_restart_of_the_relay_in_mid_stream_is_survived() -> None:
    def script(moment: Moment) -> Act | None:
        return say("421 4.3.2 Shutting down", drop=True) if moment.stage == "MAIL" and moment.message == 5 else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server, 1), letters(8))

    assert answers[5] == Deferred("421 4.3.2 Shutting down", Blame.RELAY)
    assert sum(isinstance(outcome, Sent) for outcome in answers.values()) == 7


def test_a_relay_that_breaks_every_conversation_is_given_up() -> None:
    pile = Pile(100)
    with ScriptedSmtp(always("DATA", drop())) as server:
        answers, trouble = post_some(plain(server, 2), pile)

    assert isinstance(trouble, RelayUnavailable)
    assert len(pile.pulled) <= 2 + 2 + 1
    assert {outcome.blame for outcome in answers.values()} == {Blame.RELAY}


@pytest.mark.parametrize(
    "rubbish",
    [
        raw(b"\xff\xfe\x00rubbish\r\n"),
        raw(b"25\r\n"),
        raw(b"250-one\r\n550 other\r\n"),
        raw(b"250 a\r\n", after="drop"),
        flood(b"x" * 1000),
        flood(b"250-and more\r\n"),
        say("354 Out of place"),
    ],
)
@pytest.mark.parametrize("stage", ["MAIL", "DOT"])
def test_gibberish_breaks_one_conversation_only(stage: str, rubbish: Act) -> None:
    with ScriptedSmtp(at(stage, rubbish)) as server:
        answers = post(plain(server), letters(2))

    assert isinstance(answers[1], Sent | Uncertain if stage == "DOT" else Deferred)
    assert isinstance(answers[2], Sent)


@pytest.mark.parametrize("rubbish", [flood(b"x" * 1000), flood(b"220-and more\r\n"), raw(b"HTTP/1.1 400 Bad\r\n")])
def test_gibberish_for_a_greeting_is_no_relay(rubbish: Act) -> None:
    pile = Pile(1)
    with ScriptedSmtp(always("GREETING", rubbish)) as server:
        _, trouble = post_some(plain(server), pile)

    assert isinstance(trouble, RelayUnavailable) and "failed at greeting" in trouble.reason
    assert pile.pulled == []
