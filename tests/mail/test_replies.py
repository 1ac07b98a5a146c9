"""What replies mean, as a table, and as laws that hold for every reply there is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.delivery import Blame, Deferred, Failed, Sent, Uncertain
from newsletter.mail.replies import LONGEST_REPLY, Sense, Stage, classify, enhanced_status, lost, tidy

TAKEN = (Sent, None, None, Sense.TAKEN)
LATER = (Deferred, Blame.READER, None, Sense.READER)
SLOWER = (Deferred, Blame.READER, None, Sense.SLOWER)
BUSY = (Deferred, Blame.RELAY, None, Sense.BUSY)
STOP = (Deferred, Blame.RELAY, None, Sense.CLOSED)
GONE = (Failed, None, True, Sense.READER)
NEVER = (Failed, None, False, Sense.READER)
POLICY = (Deferred, Blame.READER, None, Sense.POLICY)

TABLE = [
    # yes
    ("DOT", "250 2.0.0 Ok: queued as 4F2", TAKEN),
    # later
    ("GREETING", "421 4.3.2 Too many connections", BUSY),
    ("MAIL", "421 4.7.0 Rate limit", BUSY),
    ("RCPT", "421 4.7.0 Try later", BUSY),
    ("DOT", "421 4.3.2 Shutting down", BUSY),
    ("MAIL", "450 4.7.1 Too much mail from you", BUSY),
    ("MAIL", "452 4.3.1 Insufficient storage", BUSY),
    ("RCPT", "450 4.2.0 Greylisted", LATER),
    ("RCPT", "451 4.7.1 Greylisted", SLOWER),
    ("DOT", "454 4.7.0 Throttling failure: Maximum sending rate exceeded", SLOWER),
    ("RCPT", "452 4.3.1 Insufficient system storage", SLOWER),
    ("RCPT", "450 Too many messages, slow down", SLOWER),
    ("RCPT", "452 4.2.2 Too many messages in this mailbox", LATER),
    ("RCPT", "452 4.2.2 Mailbox full", LATER),
    ("RCPT", "450 4.1.8 Sender domain not found", BUSY),
    ("RCPT", "452 4.4.5 Congestion", BUSY),
    ("DATA", "451 4.3.0 Local error", SLOWER),
    ("DOT", "451 4.3.0 Local error", SLOWER),
    ("DOT", "451 no words", LATER),
    # nobody there
    ("RCPT", "550 5.1.1 User unknown", GONE),
    ("RCPT", "550 5.1.10 Null MX", GONE),
    ("RCPT", "501 5.1.3 Bad recipient address syntax", GONE),
    ("RCPT", "550 #5.1.0 Address rejected.", GONE),
    ("DOT", "550 5.1.1 User unknown", GONE),
    ("RCPT", "550 No such user here", GONE),
    ("RCPT", "550 Unknown user", GONE),
    ("RCPT", "550 Requested action not taken: mailbox unavailable", GONE),
    ("RCPT", "550 <jane@example.org>: Recipient address does not exist", GONE),
    ("RCPT", "551 User not local", GONE),
    ("RCPT", "553 Invalid recipient", GONE),
    ("RCPT", "550 jane mailbox not found", GONE),
    # never, but the mailbox is there, or may be
    ("RCPT", "552 5.2.2 Mailbox full", NEVER),
    ("RCPT", "552 Mailbox full", NEVER),
    ("RCPT", "550 5.2.1 Mailbox disabled", NEVER),
    ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", NEVER),
    ("RCPT", "550 5.4.4 Unrouteable", NEVER),
    ("RCPT", "550 Something went wrong", NEVER),
    ("RCPT", "504 User unknown", NEVER),
    ("DOT", "552 5.3.4 Message too big", NEVER),
    ("DOT", "552 5.2.3 Message too big for this mailbox", NEVER),
    ("DOT", "552 Too big", NEVER),
    ("DOT", "554 5.6.0 Malformed", NEVER),
    # policy: perhaps about us
    ("RCPT", "550 5.7.1 Relaying denied", POLICY),
    ("RCPT", "554 5.7.1 Service unavailable; client host blocked", POLICY),
    ("DOT", "550 5.7.26 Unauthenticated mail", POLICY),
    ("DOT", "554 5.3.0 Mailer error", POLICY),
    ("RCPT", "503 5.5.1 Need MAIL", POLICY),
    ("RCPT", "554 Relay access denied", POLICY),
    ("RCPT", "550 relaying denied, user not local", POLICY),
    ("RCPT", "550 Your IP is on a blocklist, see https://example.org", POLICY),
    ("DOT", "554 Transaction failed", POLICY),
    ("DOT", "550 Looks like spam", POLICY),
    # about us for certain
    ("MAIL", "550 5.1.1 Who are you", STOP),
    ("MAIL", "550 5.7.1 Not you", STOP),
    ("MAIL", "552 Too big", STOP),
    ("MAIL", "530 5.7.0 Must issue STARTTLS", STOP),
    ("RCPT", "530 5.7.1 Authentication required", STOP),
    ("RCPT", "550 5.1.8 Sender domain not found", STOP),
    ("RCPT", "550 5.4.5 Daily sending quota exceeded", STOP),
    ("DOT", "550 5.4.5 Daily sending quota exceeded", STOP),
    ("AUTH", "535 5.7.8 Wrong", STOP),
    ("GREETING", "554 5.7.1 Your address is not welcome", STOP),
    # a status that contradicts its code is not believed
    ("RCPT", "550 4.1.1 User unknown", GONE),
    ("RCPT", "550 2.1.5 Odd", NEVER),
    ("RCPT", "450 5.1.1 User unknown", LATER),
]


@pytest.mark.parametrize(("stage", "reply", "expected"), TABLE, ids=[f"{stage} {reply}" for stage, reply, _ in TABLE])
def test_the_table(stage: str, reply: str, expected: tuple[object, ...]) -> None:
    text = reply[4:]
    verdict = classify(Stage[stage], int(reply[:3]), enhanced_status(text), text)
    outcome = verdict.outcome
    blame, bad = getattr(outcome, "blame", None), getattr(outcome, "bad_address", None)

    assert (type(outcome), blame, bad, verdict.sense) == expected


STAGES = st.sampled_from(Stage)
CODES = st.integers(200, 599)
STATUSES = st.none() | st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True) | st.text()


@given(STAGES, CODES, STATUSES, st.text())
def test_every_reply_has_a_meaning_and_the_laws_hold(stage: Stage, code: int, status: str | None, text: str) -> None:
    verdict = classify(stage, code, status, text)
    outcome = verdict.outcome

    assert isinstance(outcome, Sent) == (stage is Stage.DOT and code < 300)
    assert not isinstance(outcome, Uncertain) or (stage is Stage.DOT and 300 <= code < 400)
    assert not isinstance(outcome, Failed) or (code >= 500 and stage in (Stage.RCPT, Stage.DATA, Stage.DOT))
    if isinstance(outcome, Deferred):
        ours = verdict.sense in (Sense.BUSY, Sense.LOST, Sense.CLOSED)
        assert (outcome.blame is Blame.RELAY) == ours
    if code == 421:
        assert outcome == Deferred(outcome.reply, Blame.RELAY)


@given(STAGES, st.text())
def test_a_lost_connection_is_uncertain_only_after_the_final_dot(stage: Stage, why: str) -> None:
    verdict = lost(stage, why)

    assert isinstance(verdict.outcome, Uncertain) == (stage is Stage.DOT)
    assert verdict.sense is Sense.LOST


ADDRESS_LIKE = re.compile(r"[^\s<>@]+@[^\s<>@]+")


@given(
    st.text()
    | st.lists(st.sampled_from(["a@b.c", "<x@y.org>", '"a b"@c.d', "@", "<", ">", " ", "j.d=x.org@v.net"])).map("".join)
)
def test_what_is_stored_is_one_short_line_without_addresses(text: str) -> None:
    line = tidy(text)

    assert len(line) <= LONGEST_REPLY
    assert line.isprintable()
    assert not ADDRESS_LIKE.search(line)
    assert "＠" not in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("5.1.1 <jane.doe@example.org>: unknown", "5.1.1 <address>: unknown"),
        ("jane.doe+x@example.org unknown", "<address> unknown"),
        ('"jane doe"@example.org unknown', "<address> unknown"),
        ("bounce-1=jane=example.org@lists.example.net ok", "<address> ok"),
        ("Recipient address rejected", "Recipient address rejected"),
        ("a\r\nb\tc\0d\u2028e\x85f", "a b c d e f"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_tidying(text: str, line: str) -> None:
    assert tidy(text) == line


def test_tidying_a_long_line_is_quick() -> None:
    """A server may send 400 kB; the pattern must not take a second for them."""
    assert len(tidy("x" * 400_000)) == LONGEST_REPLY
