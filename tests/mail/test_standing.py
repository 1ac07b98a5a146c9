"""What a run of answers adds up to."""

import pytest

from newsletter.domain.delivery import Blame, Deferred
from newsletter.mail.replies import Sense, Stage, Verdict, classify, lost
from newsletter.mail.standing import PAUSES, Standing

SENT = classify(Stage.DOT, 250, None, "ok")
POLICY = classify(Stage.RCPT, 550, "5.7.1", "no")
BUSY = classify(Stage.MAIL, 421, None, "slow down")
SLOWER = classify(Stage.RCPT, 451, "4.7.1", "too fast")
QUOTA = classify(Stage.RCPT, 550, "5.4.5", "quota")
NOBODY = classify(Stage.RCPT, 550, "5.1.1", "nobody")
LOST = lost(Stage.DATA, "gone")


def feed(standing: Standing, *verdicts: Verdict, now: float = 0.0) -> list[bool]:
    """Whether each of these, about different recipients, was a reason to stop."""
    return [standing.weigh(v, f"r{i}@example.org", now + i * 60).stop for i, v in enumerate(verdicts)]


def test_three_recipients_in_a_row_make_policy_ours() -> None:
    standing = Standing(4)

    assert feed(standing, POLICY, POLICY, POLICY, POLICY) == [False, False, True, True]
    advice = standing.weigh(POLICY, "r9@example.org", 0.0)
    assert advice.outcome == Deferred(POLICY.outcome.reply, Blame.RELAY)


def test_one_recipient_tried_again_and_again_is_one() -> None:
    standing = Standing(4)

    assert [standing.weigh(POLICY, to, 0.0).stop for to in ("a@x.org", "A@x.org", "b@x.org", "a@x.org")] == [False] * 4


def test_a_letter_taken_in_between_clears_us() -> None:
    assert not any(feed(Standing(4), POLICY, POLICY, SENT, POLICY, POLICY, SENT, POLICY))


def test_a_wrong_address_in_between_does_not() -> None:
    assert feed(Standing(4), POLICY, NOBODY, POLICY, NOBODY, POLICY)[-1]


def test_a_used_up_quota_stops_at_once() -> None:
    assert feed(Standing(4), SENT, QUOTA) == [False, True]


def test_busy_from_the_first_word_stops() -> None:
    assert feed(Standing(4), BUSY) == [True]


def test_busy_after_success_pauses_longer_and_longer_then_stops() -> None:
    standing = Standing(4)
    feed(standing, SENT)
    advice = [standing.weigh(BUSY, "r@x.org", 100.0 * i) for i in range(1, 7)]

    assert [one.pause for one in advice] == [*PAUSES, 0.0]
    assert [one.stop for one in advice] == [False] * 5 + [True]
    assert feed(standing, BUSY, now=1000.0) == [True]  # after a stop, success must be shown anew


def test_ten_connections_that_hear_the_same_complaint_count_once() -> None:
    standing = Standing(10)
    feed(standing, SENT)
    pauses = [standing.weigh(BUSY, "r@x.org", 100.0 + i / 100).pause for i in range(10)]

    assert pauses == [PAUSES[0]] + [0.0] * 9


def test_4_7_x_is_the_readers_until_the_third_in_a_row_and_then_slows_us() -> None:
    standing = Standing(4)
    feed(standing, SENT)
    advice = [standing.weigh(SLOWER, f"r{n}@x.org", 100.0 + n) for n in range(3)]

    assert [one.pause for one in advice] == [0.0, 0.0, PAUSES[0]]
    assert [one.outcome.blame for one in advice] == [Blame.READER, Blame.READER, Blame.RELAY]


def test_a_relay_that_called_us_too_fast_is_believed_at_once_for_a_minute() -> None:
    standing = Standing(4)
    feed(standing, SENT)
    feed(standing, *[SLOWER] * 3, now=-100.0)  # the last of them at 20.0
    standing.taken()

    assert standing.weigh(SLOWER, "r@x.org", 70.0).pause == PAUSES[0]
    standing.taken()
    assert standing.weigh(SLOWER, "r@x.org", 131.0).pause == 0.0


def test_4_7_x_to_one_reader_now_and_then_slows_nobody() -> None:
    standing = Standing(4)

    assert not any(feed(standing, *[SENT, SLOWER, SLOWER] * 5, SENT))
    assert standing.weigh(SLOWER, "r1@example.org", 9999.0).outcome.blame is Blame.READER


@pytest.mark.parametrize("relief", [SENT, NOBODY, POLICY])
def test_lost_connections_are_forgiven_when_a_conversation_ends_well(relief: Verdict) -> None:
    assert not any(feed(Standing(1), LOST, LOST, relief, LOST, LOST))


def test_more_lost_than_one_fault_can_explain_stops() -> None:
    assert feed(Standing(3), *[LOST] * 5) == [False] * 4 + [True]


def test_what_the_senses_are_is_complete() -> None:
    for sense in Sense:
        assert Standing(1).weigh(Verdict(POLICY.outcome, sense), "r@x.org", 0.0).outcome == POLICY.outcome
