"""Several commands on their way at once (RFC 2920): what it saves, and that nobody pays for it but the one refused."""

import time

import pytest

from newsletter.domain.delivery import Blame, Deferred, Failed, Sent, Uncertain
from newsletter.mail.relay import Relay
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import RelayUnavailable
from tests.mail.certificates import make_certificate
from tests.mail.letters import BRISK, PATIENT, Pile, letter, letters, plain, post, post_some, supply
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, deaf, drop, hang, hold, late, raw, reset, say
from tests.slow_road import SlowRoad

MANY = 60


def over(road: SlowRoad, connections: int) -> SmtpTransport:
    return SmtpTransport(Relay(road.host, road.port, "never"), connections, timeouts=PATIENT)


@pytest.mark.parametrize("connections", [1, 4])
def test_a_message_takes_one_round_trip(connections: int) -> None:
    """At most 1.2 a message and connection, the opening and the goodbye included."""
    with ScriptedSmtp() as server, SlowRoad(server.host, server.port, seconds=0.02) as road:
        answers = post(over(road, connections), letters(MANY * connections))
        trips = dict(road.trips)

    assert {type(outcome) for outcome in answers.values()} == {Sent}
    assert sum(trips.values()) <= 1.2 * len(answers)
    assert len(trips) == connections


def test_the_round_trips_of_many_connections_pass_at_the_same_time() -> None:
    with ScriptedSmtp() as server, SlowRoad(server.host, server.port, seconds=0.1) as road:
        began = time.monotonic()
        post(over(road, 10), letters(100))
        took = time.monotonic() - began

    assert took < 100 * 0.1 / 3, "ten connections, and yet as slow as three"


def test_one_at_a_time_where_the_server_offers_nothing() -> None:
    """RFC 5321: each command waits for its reply. Four round trips a message, and every mail goes out."""
    with ScriptedSmtp(extensions=()) as server, SlowRoad(server.host, server.port, seconds=0.001) as road:
        answers = post(over(road, 1), letters(20))
        trips = dict(road.trips)

    assert {type(outcome) for outcome in answers.values()} == {Sent}
    assert 4 * 20 <= trips[1] <= 4 * 20 + 3


@pytest.mark.parametrize("answer_to_data", ["354 If you like", "503 5.5.1 No valid recipients", "554 5.5.1 Nobody"])
@pytest.mark.parametrize("refusal", [("MAIL", "450 4.1.8 Not now"), ("RCPT", "550 5.1.1 Nobody here")])
def test_a_refused_envelope_leaves_its_neighbours_alone(refusal: tuple[str, str], answer_to_data: str) -> None:
    """Some servers answer 354 to DATA all the same; a lone dot ends that (RFC 2920 section 3.1)."""
    stage, reply = refusal

    def script(moment: Moment) -> Act | None:
        if moment.message != 3:
            return None
        if moment.stage == "DOT":
            return say("554 5.5.1 No valid recipients")
        if moment.stage == "DATA":
            return say(answer_to_data)
        return say(reply) if moment.stage == stage else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server), letters(6))

    assert isinstance(answers[3], Failed if stage == "RCPT" else Deferred)
    assert [type(answers[n]) for n in (1, 2, 4, 5, 6)] == [Sent] * 5
    assert [one.message_id for one in server.accepted] == [f"<{n}@example.org>" for n in (1, 2, 4, 5, 6)]
    assert (server.connections, server.verbs().count("RSET")) == (1, 1)


def test_a_refused_body_leaves_the_message_behind_it_alone() -> None:
    script = lambda moment: say("550 5.6.0 No") if (moment.stage, moment.message) == ("DOT", 2) else None  # noqa: E731
    with ScriptedSmtp(script) as server:
        answers = post(plain(server), letters(4))

    assert [type(answers[n]) for n in (1, 2, 3, 4)] == [Sent, Failed, Sent, Sent]
    assert server.verbs().count("RSET") == 0


@pytest.mark.parametrize("fault", [drop(), reset(), say("421 4.3.2 Going down", drop=True), hang()])
def test_what_was_announced_behind_a_lost_body_goes_by_another_connection(fault: Act) -> None:
    """Of the message behind, no byte was sent: it is neither lost nor put off."""
    with ScriptedSmtp(lambda moment: fault if (moment.stage, moment.message) == ("DOT", 2) else None) as server:
        answers = post(plain(server, timeouts=BRISK), letters(4))

    assert isinstance(answers[2], Uncertain | Deferred)
    assert [type(answers[n]) for n in (1, 3, 4)] == [Sent] * 3
    assert max(server.copies().values()) == 1


def test_what_was_left_over_is_answered_when_there_is_no_other_connection() -> None:
    def script(moment: Moment) -> Act | None:
        if moment.stage == "GREETING" and moment.connection > 1:
            return say("554 5.3.2 Closed", drop=True)
        return drop() if (moment.stage, moment.message) == ("DOT", 2) else None

    pile = Pile(9)
    with ScriptedSmtp(script) as server:
        answers, trouble = post_some(plain(server), pile)

    assert isinstance(trouble, RelayUnavailable) and "554 5.3.2 Closed" in trouble.reason
    assert isinstance(answers[2], Uncertain)
    assert answers[3] == Deferred("Not begun.", Blame.RELAY)


def test_replies_of_a_whole_group_in_one_breath() -> None:
    """The server answers MAIL and RCPT only together with DATA."""

    def script(moment: Moment) -> Act | None:
        if moment.stage in ("MAIL", "RCPT"):
            return hold()
        return say("250 2.1.0 Ok") + say("250 2.1.5 Ok") + say("354 Go on") if moment.stage == "DATA" else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server, 2), letters(20))

    assert {type(outcome) for outcome in answers.values()} == {Sent}


@pytest.mark.parametrize(
    "early",
    [
        raw(b"354 Go on\r\n250 2.0.0 Taken, whatever it is\r\n"),
        raw(b"354 Go on\r\n25"),
        raw(b"354 Go on\r\n250 2.0.0 Taken\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n"),
    ],
)
def test_a_yes_that_comes_before_its_body_is_believed_of_nobody(early: Act) -> None:
    """Early is what comes with the 354, in one write: between two of the server's the body may be on its way."""
    with ScriptedSmtp(lambda moment: early if (moment.stage, moment.message) == ("DATA", 2) else None) as server:
        answers = post(plain(server), letters(4))

    sent = {f"<{number}@example.org>" for number, outcome in answers.items() if isinstance(outcome, Sent)}
    assert sent <= set(server.copies())
    assert isinstance(answers[2], Deferred)


def test_a_silent_connection_does_not_slow_the_others() -> None:
    """F7: one of two falls silent for good after its second message; meanwhile the other does all the work."""

    def script(moment: Moment) -> Act | None:
        return late("250 2.0.0 At last", 3.0) if (moment.stage, moment.message) == ("DOT", 5) else None

    with ScriptedSmtp(script) as server:
        transport = plain(server, 2)
        began, moments = time.monotonic(), []
        for some in transport.send(letters(200)):
            moments += [time.monotonic() - began] * len(some)
        transport.close()

    assert len(moments) == 200
    assert sum(moment < 2.5 for moment in moments) >= 198, "more waited than the two on the silent connection"


def test_the_caller_hears_from_us_while_nothing_happens() -> None:
    script = lambda moment: late("250 2.0.0 At last", 1.0) if moment.stage == "DOT" else None  # noqa: E731
    with ScriptedSmtp(script) as server:
        transport = plain(server)
        lists = [len(some) for some in transport.send(letters(1))]
        transport.close()

    assert lists[-1] == 1 and lists.count(0) >= 4


def test_a_message_above_the_offered_size_fails_alone_and_without_a_byte() -> None:
    mails = [letter(1), letter(2, body=b"x" * 78 + b"\r\n" * 2000), letter(3)]
    with ScriptedSmtp(extensions=("PIPELINING", "SIZE 4000")) as server:
        answers = post(plain(server), supply(mails))

    assert [type(answers[n]) for n in (1, 2, 3)] == [Sent, Failed, Sent]
    assert "the relay takes at most 4000" in answers[2].reply
    assert server.messages == 2


@pytest.mark.parametrize("offer", ["SIZE", "SIZE 0", "SIZE much"])
def test_a_size_that_says_nothing_limits_nothing(offer: str) -> None:
    with ScriptedSmtp(extensions=(offer,)) as server:
        answers = post(plain(server), letters(1))

    assert isinstance(answers[1], Sent)
    assert any(line.endswith(f" SIZE={len(letter(1).data)}") for _, line in server.commands)


def test_the_size_announced_is_that_of_the_message_as_it_arrives() -> None:
    """Line ends mended, dots not yet doubled, without the final dot (RFC 1870)."""
    mails = [letter(1, body=b".\n..\r\r\nlast"), letter(2, body=b".dot\r\n")]
    with ScriptedSmtp(extensions=("SIZE 9999",)) as server:
        post(plain(server), supply(mails))

    said = [int(line.partition("SIZE=")[2]) for _, line in server.commands if "SIZE=" in line]
    assert said == [len(one.data) for one in server.accepted]


@pytest.mark.parametrize("offers", [("8BITMIME",), ()])
def test_bytes_above_127_go_only_where_they_are_welcome(offers: tuple[str, ...]) -> None:
    mails = [letter(1, body="grün\r\n".encode()), letter(2)]
    with ScriptedSmtp(extensions=offers) as server:
        answers = post(plain(server), supply(mails))

    assert isinstance(answers[1], Sent if offers else Failed)
    assert isinstance(answers[2], Sent)
    assert [line.endswith("BODY=8BITMIME") for _, line in server.commands if line.startswith("MAIL")] == (
        [True, False] if offers else [False]
    )


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_large_messages_behind_each_other_arrive_whole(tmp_path, tls: str | None) -> None:
    """More than the socket takes at once, so that writing stops in the midst of a body and of an envelope."""
    certificate = make_certificate(tmp_path)
    mails = [letter(n, body=b"%d.\r\n" % n * 300_000 + b".\r\n") for n in range(1, 7)]
    with ScriptedSmtp(tls=tls, certificate=certificate) as server:
        relay = Relay(server.host, server.port, tls or "never", ca_file=str(certificate.file))
        answers = post(SmtpTransport(relay, 2, timeouts=PATIENT), supply(mails))

    assert {type(outcome) for outcome in answers.values()} == {Sent}
    assert sorted(one.data for one in server.accepted) == sorted(one.data for one in mails)


def test_a_server_that_takes_no_bytes_is_given_up_before_the_final_dot() -> None:
    mails = [letter(1, body=b"x" * 78 + b"\r\n" * 10_000_000), letter(2)]
    script = lambda moment: say("354 Go on") + deaf() if (moment.stage, moment.message) == ("DATA", 1) else None  # noqa: E731
    with ScriptedSmtp(script) as server:
        answers = post(plain(server, timeouts=BRISK), supply(mails))

    assert isinstance(answers[1], Deferred) and "it took no bytes for 1 s" in answers[1].reply
    assert isinstance(answers[2], Sent)


def test_a_large_message_refused_before_its_end_is_answered_by_that_refusal() -> None:
    """The server says 552 at once and takes nothing more; waiting for the connection to break would try for ever."""
    mails = [letter(1, body=b"x" * 78 + b"\r\n" * 10_000_000), letter(2)]
    act = say("354 Go on") + late("552 5.3.4 Too big", 0.2) + deaf()
    with ScriptedSmtp(lambda moment: act if (moment.stage, moment.message) == ("DATA", 1) else None) as server:
        answers = post(plain(server, timeouts=BRISK), supply(mails))

    assert answers[1] == Failed("552 5.3.4 Too big")
    assert isinstance(answers[2], Sent)
