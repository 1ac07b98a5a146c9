"""What every way out owes its caller: one answer each, no more in flight than connections, a clean end."""

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.domain.delivery import Blame, Deferred, Sent, Uncertain
from newsletter.domain.message import Outgoing
from newsletter.mail import pacing, standing
from newsletter.mail.errand import ASK_AGAIN
from newsletter.mail.exchange import Exchange
from newsletter.mail.transport import LATER, RelayUnavailable
from tests.mail.letters import BRISK, QUICK, Pile, letters, plain, post, post_some
from tests.scripted_smtp import Act, Moment, ScriptedSmtp, drop, hang, late, raw, reset, say


@pytest.fixture(autouse=True, scope="module")
def short_pauses() -> Iterator[None]:
    """A relay that says 421 all the time would otherwise make every example take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "PAUSES", (0.01,) * 5)
        patch.setattr(pacing, "SLOWEST", 1000.0)
        yield


ACTS = st.sampled_from(
    [
        None,
        None,
        None,
        say("450 4.2.0 Later"),
        say("550 5.1.1 Nobody here"),
        say("552 5.2.2 Full"),
        say("550 5.7.1 Policy"),
        say("421 4.3.2 Going down", drop=True),
        drop(),
        reset(),
        raw(b"gibberish\r\n"),
        raw(b"250 one\r\n250 two\r\n"),
    ]
)
SLOW_ACTS = st.sampled_from([None, None, None, None, hang(), hang(taken=True), drop(taken=True)])
STAGES = ("MAIL", "RCPT", "DATA", "DOT")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(STAGES), ACTS), min_size=1, max_size=25),
    st.integers(1, 4),
    st.integers(0, 30),
    st.booleans(),
)
def test_every_message_pulled_gets_one_answer_whatever_the_relay_does(
    faults: list[tuple[str, Act | None]], connections: int, size: int, pipelining: bool
) -> None:
    def script(moment: Moment) -> Act | None:
        stage, act = faults[moment.message % len(faults)]
        return act if moment.stage == stage else None

    pile = Pile(size)
    with ScriptedSmtp(script, extensions=("PIPELINING",) if pipelining else ()) as server:
        answers, trouble = post_some(plain(server, connections, QUICK), pile)

    assert pile.most_in_flight <= 2 * connections
    assert trouble is None or isinstance(trouble, RelayUnavailable)
    assert trouble is not None or len(pile.pulled) == size
    copies = {int(message_id[1:].partition("@")[0]) for message_id in server.copies()}
    assert {n for n, outcome in answers.items() if isinstance(outcome, Sent)} <= copies
    assert copies <= {n for n, outcome in answers.items() if isinstance(outcome, Sent | Uncertain)}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(STAGES), SLOW_ACTS), min_size=4, max_size=8), st.integers(2, 4))
def test_the_same_for_a_relay_that_falls_silent(faults: list[tuple[str, Act | None]], connections: int) -> None:
    def script(moment: Moment) -> Act | None:
        stage, act = faults[moment.message % len(faults)]
        return act if moment.stage == stage else None

    pile = Pile(10)
    with ScriptedSmtp(script) as server:
        answers, _ = post_some(plain(server, connections, QUICK), pile)

    assert pile.most_in_flight <= 2 * connections
    copies = {int(message_id[1:].partition("@")[0]) for message_id in server.copies()}
    assert {n for n, outcome in answers.items() if isinstance(outcome, Sent)} <= copies
    assert copies <= {n for n, outcome in answers.items() if isinstance(outcome, Sent | Uncertain)}


def test_nothing_is_pulled_before_a_connection_is_up() -> None:
    pile = Pile(1)
    seen: list[int] = []

    def script(moment: Moment) -> None:
        if moment.stage in ("GREETING", "EHLO"):
            seen.append(len(pile.pulled))

    with ScriptedSmtp(script) as server:
        post_some(plain(server), pile)

    assert seen == [0, 0]


def test_a_slow_caller_is_waited_for_before_more_is_pulled() -> None:
    """Accepted but not yet settled is still in flight: a kill here would double it."""
    pile = Pile(20)
    with ScriptedSmtp() as server:
        transport = plain(server, 2)
        answers = transport.send(pile)
        first = next(answers)
        sent_out = threading.Event()
        sent_out.wait(0.2)  # all the time in the world to pull too much
        assert len(pile.pulled) <= 4
        assert len(first) + sum(map(len, answers)) == 20
        transport.close()


def test_one_letter_opens_no_more_connections_than_it_can_use() -> None:
    with ScriptedSmtp() as server:
        post(plain(server, 10), letters(1))
        assert server.connections <= 2


def test_never_more_connections_than_allowed() -> None:
    with ScriptedSmtp() as server:
        post(plain(server, 3), letters(100))

    assert server.most_open <= 3


def test_no_letters_need_one_connection_at_most_and_no_words() -> None:
    with ScriptedSmtp() as server:
        assert post(plain(server, 10), letters(0)) == {}

    assert server.connections == 1
    assert server.verbs() == ["EHLO", "QUIT"]


def test_a_send_ends_with_the_supply_when_all_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round of the sender would last a tenth of a second longer."""
    waits: list[float] = []
    pile, listen = Pile(1), Exchange.listen

    def listening(exchange: Exchange, wait: float) -> None:
        waits.append(wait)
        listen(exchange, wait)

    def supply(most: int) -> Sequence[Outgoing]:
        waits.clear()
        return pile(most)

    monkeypatch.setattr(Exchange, "listen", listening)
    with ScriptedSmtp(lambda _: None, extensions=()) as server:
        transport = plain(server)
        assert sum(map(len, transport.send(supply))) == 1
        assert not any(waits)
        transport.close()


def test_connections_are_kept_from_one_send_to_the_next() -> None:
    with ScriptedSmtp() as server:
        transport = plain(server, 1)
        for _ in range(5):
            assert sum(map(len, transport.send(letters(3)))) == 3
        transport.close()

    assert server.connections == 1
    assert server.verbs().count("QUIT") == 1
    assert "RSET" not in server.verbs()


def test_a_connection_that_idled_is_asked_before_it_is_trusted() -> None:
    now = 1000.0
    with ScriptedSmtp() as server:
        transport = plain(server, 1, clock=lambda: now)
        list(transport.send(letters(1)))
        now += 10
        list(transport.send(letters(1)))
        assert (server.connections, server.verbs().count("RSET")) == (1, 1)
        now += 31
        list(transport.send(letters(1)))
        transport.close()

    assert server.connections == 2


def test_a_connection_is_replaced_after_five_hundred_messages() -> None:
    with ScriptedSmtp() as server:
        assert len(post(plain(server, 1), letters(501))) == 501

    assert server.connections == 2


def test_what_the_relay_cut_while_idle_is_noticed_before_the_next_pull() -> None:
    with ScriptedSmtp() as server:
        transport = plain(server, 1)  # of two, one may still be opening when ten letters are through: not idle
        list(transport.send(letters(10)))
        server.cut_all()
        until = time.monotonic() + 10
        while server.open_now and time.monotonic() < until:  # the cut has to arrive: that takes a busy machine a moment
            time.sleep(0.005)
        answers = post(transport, letters(10))

    assert {type(outcome) for outcome in answers.values()} == {Sent}


def test_what_the_supply_raises_comes_after_the_answers() -> None:
    pile = Pile(2)

    def failing(most: int) -> Sequence[Outgoing]:
        if len(pile.pulled) == 2:
            raise LookupError("no more ink")
        return pile(most)

    answers = []
    with ScriptedSmtp() as server:
        transport = plain(server, 2)
        with pytest.raises(LookupError, match="no more ink"):
            for some in transport.send(failing):
                answers += [(message.delivery, type(outcome)) for message, outcome in some]
        transport.close()

    assert sorted(answers) == [(1, Sent), (2, Sent)]


def test_a_caller_who_leaves_finds_what_was_begun_finished() -> None:
    pile = Pile(100)
    with ScriptedSmtp() as server:
        transport = plain(server, 3)
        answers = transport.send(pile)
        next(answers)
        answers.close()
        transport.close()

    assert len(server.accepted) == len(pile.pulled) <= 6


def test_a_relay_with_room_for_two_connections_is_served_by_two() -> None:
    def script(moment: Moment) -> Act | None:
        crowd = moment.stage == "GREETING" and server.open_now > 2
        return say("421 4.7.0 Too many connections", drop=True) if crowd else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server, 10), letters(50))

    assert {type(outcome) for outcome in answers.values()} == {Sent}


def test_a_relay_that_refuses_every_new_connection_at_once_is_named() -> None:
    """All threads lose their connection and find no other, perhaps in the same moment."""
    cut = threading.Event()

    def script(moment: Moment) -> Act | None:
        if moment.stage == "GREETING" and cut.is_set():
            return say("554 5.3.2 Not now", drop=True)
        if moment.stage == "MAIL" and moment.message >= 9:
            cut.set()
            return drop()
        return None

    pile = Pile(100)
    with ScriptedSmtp(script) as server:
        answers, trouble = post_some(plain(server, 4), pile)

    assert isinstance(trouble, RelayUnavailable) and trouble.reason
    assert sum(isinstance(outcome, Sent) for outcome in answers.values()) == 8


def test_the_owner_s_rate_is_kept_over_all_connections() -> None:
    waited: list[float] = []
    with ScriptedSmtp() as server:
        transport = plain(server, 4, rate=100.0)
        post(transport, letters(30))
        waited = [one.at for one in server.accepted]

    assert max(waited) - min(waited) >= 29 / 100 * 0.9


def test_deferred_is_answered_before_the_connection_is_cleared() -> None:
    """RSET may hang for all we care: the answer is out already."""

    def script(moment: Moment) -> Act | None:
        if moment.stage == "RCPT" and moment.message == 1:
            return say("450 4.2.0 Later")
        return hang() if moment.stage == "RSET" else None

    with ScriptedSmtp(script) as server:
        answers = post(plain(server, 1, BRISK), letters(2))

    assert answers[1] == Deferred("450 4.2.0 Later", Blame.READER)
    assert isinstance(answers[2], Sent)


def test_who_is_still_being_cleared_after_a_refusal_is_bidden_goodbye_too() -> None:
    """A campaign's last letter is refused, and the other connection has heard that there are no more: Postfix wrote
    "lost connection after DATA" down.
    """

    def script(moment: Moment) -> Act | None:
        if moment.stage == "RCPT" and moment.message == 6:
            return say("550 5.1.1 Nobody here")
        if moment.stage == "DATA" and moment.message == 6:
            return late("554 5.5.1 No valid recipients", 0.3)
        return late("250 2.0.0 taken", 0.03) if moment.stage == "DOT" else None

    with ScriptedSmtp(script, extensions=("PIPELINING",)) as server:
        post(plain(server, 2), letters(6))

    assert server.verbs().count("QUIT") == server.connections == 2


def test_a_supply_that_says_later_is_asked_again_and_again_but_not_in_a_hurry() -> None:
    pile = Pile(6)
    asked: list[float] = []

    def supply(most: int) -> Sequence[Outgoing]:
        asked.append(time.monotonic())
        return LATER if len(asked) % 10 else pile(1)

    with ScriptedSmtp(lambda _: None) as server:
        answers = post(plain(server, 3), supply)

    assert sorted(answers) == [1, 2, 3, 4, 5, 6]
    assert all(isinstance(outcome, Sent) for outcome in answers.values())
    assert len(asked) == 70
    assert asked[-1] - asked[0] > 63 * ASK_AGAIN * 0.9


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 3), st.booleans())
def test_nobody_is_forgotten_wherever_a_supply_says_later(
    waits: list[bool], connections: int, pipelining: bool
) -> None:
    pile, script = Pile(12), iter(waits)
    with ScriptedSmtp(lambda _: None, extensions=("PIPELINING",) if pipelining else ()) as server:
        answers = post(plain(server, connections), lambda most: LATER if next(script, False) else pile(most))

    assert sorted(answers) == list(range(1, 13))
    assert len(server.accepted) == 12
