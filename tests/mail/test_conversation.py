"""The dialogue without a wire: whatever bytes come, in whatever pieces, every message is answered once and by its own
replies."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.delivery import Deferred, Failed, Sent, Uncertain
from newsletter.mail.conversation import Conversation
from newsletter.mail.opening import open_up
from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.replies import Stage, Verdict, classify, enhanced_status
from tests.mail.letters import letter

OFFERS = st.sampled_from([(), ("PIPELINING",), ("PIPELINING", "8BITMIME", "SIZE 100000")])
REFUSALS = st.sampled_from(
    ["450 4.2.0 Later", "550 5.1.1 Nobody here", "552 5.2.2 Full", "550 5.7.1 Policy", "452-4.3.1 Two|452 4.3.1 lines"]
)
STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT)
PLANS = st.lists(st.dictionaries(st.sampled_from(STAGES), REFUSALS, max_size=2), min_size=1, max_size=6)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=30)

YES = {Stage.MAIL: "250 2.1.0 Ok", Stage.RCPT: "250 2.1.5 Ok", Stage.DATA: "354 Go on", Stage.DOT: "250 2.0.0 Taken"}


@dataclass
class Server:
    """Reads what is written, as a good server would, and refuses as planned: one entry a MAIL command."""

    plan: list[dict[Stage, str]]
    offers: tuple[str, ...]
    eager: bool = False
    """354 to DATA even when nobody is there to receive (RFC 2920 section 3.1)."""
    stutters: dict[int, Stage] = field(default_factory=dict)
    """Says this reply twice."""
    taken: list[bytes] = field(default_factory=list)
    mails: int = 0
    sender: bool = False
    recipient: bool = False
    data: bool = False
    unread: bytes = b""

    def hear(self, data: bytes) -> bytes:
        self.unread += data
        return b"".join(self._replies())

    def _replies(self) -> Iterator[bytes]:
        while True:
            whole, end, rest = self.unread.partition(b"\r\n.\r\n" if self.data else b"\r\n")
            if self.data and self.unread.startswith(b".\r\n"):
                whole, end, rest = b"", b".\r\n", self.unread[3:]
            if not end:
                return
            self.unread = rest
            yield self._message(whole) if self.data else self._command(whole)

    def _command(self, line: bytes) -> bytes:
        match line.split(b" ")[0]:
            case b"EHLO":
                return lines("|".join(f"250-{offer}" for offer in ("test", *self.offers)) + "|250 HELP")
            case b"MAIL":
                self.mails += 1
                assert not self.sender, "a transaction within another"
                self.sender = self._planned(Stage.MAIL) == YES[Stage.MAIL]
                return self._say(Stage.MAIL)
            case b"RCPT" if self.sender:
                self.recipient = self._planned(Stage.RCPT) == YES[Stage.RCPT]
                return self._say(Stage.RCPT)
            case b"DATA" if self.recipient or self.eager:
                self.data = self._planned(Stage.DATA) == YES[Stage.DATA] or not self.recipient
                return self._say(Stage.DATA) if self.recipient else b"354 If you like\r\n"
            case b"RSET":
                self.sender = self.recipient = False
                return b"250 2.0.0 Forgotten\r\n"
        return b"503 5.5.1 Out of order\r\n"

    def _message(self, whole: bytes) -> bytes:
        had, self.sender, self.recipient, self.data = self.recipient, False, False, False
        if not had:
            return b"554 5.5.1 No valid recipients\r\n"
        if self._planned(Stage.DOT) == YES[Stage.DOT]:
            self.taken.append(whole)
        return self._say(Stage.DOT)

    def _planned(self, stage: Stage) -> str:
        return self.plan[self.mails - 1].get(stage, YES[stage]) if self.mails <= len(self.plan) else YES[stage]

    def _say(self, stage: Stage) -> bytes:
        return lines(self._planned(stage)) * (2 if self.stutters.get(self.mails) is stage else 1)


def lines(reply: str) -> bytes:
    return "".join(f"{line}\r\n" for line in reply.split("|")).encode()


def expected(number: int, plan: dict[Stage, str]) -> Verdict:
    for stage in STAGES:
        if stage in plan:
            return judged(stage, plan[stage])
    return judged(Stage.DOT, YES[Stage.DOT])


def judged(stage: Stage, reply: str) -> Verdict:
    text = " ".join(line[4:] for line in reply.split("|"))
    return classify(stage, int(reply[:3]), enhanced_status(text), text)


class Talk:
    """A conversation under test, and what it made of its messages."""

    def __init__(self, size: int) -> None:
        relay, waits = Relay("127.0.0.1", 25, "never"), Timeouts()
        self.conversation = Conversation(open_up(relay, "127.0.0.1", waits), waits)
        self.left = iter(range(1, size + 1))
        self.begun: list[int] = []
        self.answers: list[tuple[int, Verdict]] = []

    def hear(self, data: bytes) -> None:
        self.answers += [(message.delivery, verdict) for message, verdict in self.conversation.feed(data) or []]

    def begin(self) -> None:
        """The next message, where one may begin."""
        if self.conversation.is_ready and (number := next(self.left, None)):
            self.begun.append(number)
            assert self.conversation.begin(letter(number)) is None

    def speak(self) -> bytes:
        out = bytes(self.conversation.out)
        self.conversation.wrote(len(out))
        return out

    def hang_up(self) -> None:
        self.answers += [(message.delivery, verdict) for message, verdict in self.conversation.lost("the end")]
        if self.conversation.left_over:
            self.begun.remove(self.conversation.left_over.delivery)


def in_pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    turn = 0
    while data:
        size = sizes[turn % len(sizes)]
        yield data[:size]
        data, turn = data[size:], turn + 1


def converse(talk: Talk, server: Server, sizes: list[int]) -> None:
    """Until nobody has anything left to say."""
    talk.hear(b"220 Hello\r\n")
    while talk.conversation.open:
        talk.begin()
        replies = server.hear(talk.speak())
        if not replies:
            return
        for piece in in_pieces(replies, sizes):
            talk.hear(piece)


@given(PLANS, OFFERS, st.booleans(), SIZES)
def test_replies_in_any_pieces_give_every_message_its_own_verdict(
    plan: list[dict[Stage, str]], offers: tuple[str, ...], eager: bool, sizes: list[int]
) -> None:
    talk, server = Talk(len(plan)), Server(plan, offers, eager)
    converse(talk, server, sizes)

    assert talk.answers == [(n, expected(n, one)) for n, one in enumerate(plan, start=1)]
    sent = [number for number, verdict in talk.answers if isinstance(verdict.outcome, Sent)]
    assert [whole.partition(b"To: r")[2].partition(b"@")[0] for whole in server.taken] == [b"%d" % n for n in sent]
    assert talk.conversation.is_ready


@given(PLANS, OFFERS, SIZES, st.dictionaries(st.integers(1, 6), st.sampled_from(STAGES), min_size=1, max_size=2))
def test_a_server_that_says_a_thing_twice_never_makes_us_believe_in_a_mail_it_did_not_take(
    plan: list[dict[Stage, str]], offers: tuple[str, ...], sizes: list[int], stutters: dict[int, Stage]
) -> None:
    talk, server = Talk(len(plan)), Server(plan, offers, stutters=stutters)
    converse(talk, server, sizes)
    talk.hang_up()

    assert sorted(number for number, _ in talk.answers) == sorted(talk.begun)
    taken = {int(whole.partition(b"To: r")[2].partition(b"@")[0]) for whole in server.taken}
    for number, verdict in talk.answers:
        match verdict.outcome:
            case Sent():
                assert number in taken
            case Failed() | Deferred():
                assert number not in taken


WORDS = st.sampled_from(
    [
        b"250 ok\r\n",
        b"250-more\r\n",
        b"354 go\r\n",
        b"550 no\r\n",
        b"421 bye\r\n",
        b"220 x\r\n",
        b"\r\n",
        b"2",
        b"50 x\r\n",
    ]
)
NOISE = st.one_of(WORDS, WORDS, WORDS, st.binary(max_size=20), st.just(b"250 x\r\n250 x\r\n250 x\r\n354 x\r\n"))
DOINGS = st.lists(st.one_of(NOISE, st.sampled_from(["begin", "speak", "speak a little"])), max_size=40)


@given(DOINGS, OFFERS)
def test_whatever_comes_every_message_is_answered_once(doings: list[bytes | str], offers: tuple[str, ...]) -> None:
    talk = Talk(100)
    talk.hear(b"220 Hello\r\n")
    talk.speak()
    talk.hear(Server([], offers).hear(b"EHLO x\r\n"))
    written = b""
    for doing in doings:
        if not talk.conversation.open:
            break
        match doing:
            case bytes():
                talk.hear(doing)
            case "begin":
                talk.begin()
            case "speak":
                written += talk.speak()
            case "speak a little" if talk.conversation.out:
                written += bytes(talk.conversation.out[:7])
                talk.conversation.wrote(min(7, len(talk.conversation.out)))
    talk.hang_up()

    assert sorted(number for number, _ in talk.answers) == sorted(talk.begun)
    for number, verdict in talk.answers:
        if isinstance(verdict.outcome, Sent | Uncertain):
            assert b"Message-ID: <%d@example.org>\r\n\r\nHello.\r\n.\r\n" % number in written, "without its final dot"


@given(st.lists(NOISE, max_size=20))
def test_nothing_but_greetings_is_said_before_tls(noise: list[bytes]) -> None:
    relay, waits = Relay("127.0.0.1", 25, "starttls", "user", "password"), Timeouts()
    talk = Talk(9)
    talk.conversation = Conversation(open_up(relay, "127.0.0.1", waits), waits)
    said = b""
    for piece in [b"220 Hello\r\n", None, b"250-x\r\n250 STARTTLS\r\n", None, *noise]:
        if not talk.conversation.open or talk.conversation.wants_tls:
            break
        if piece is not None:
            talk.hear(piece)
        talk.begin()
        said += talk.speak()
        talk.begin()

    assert talk.begun == []
    assert {line.split(b" ")[0] for line in said.split(b"\r\n")} <= {b"EHLO", b"STARTTLS", b""}
    if talk.conversation.wants_tls:
        assert not talk.conversation.is_ready and not talk.conversation.is_idle
        talk.hear(b"250 before the handshake\r\n")
        assert not talk.conversation.open and not talk.conversation.out
        assert "somebody may be in between" in talk.conversation.trouble


def test_a_body_and_the_next_envelope_are_one_write() -> None:
    talk, server = Talk(3), Server([], ("PIPELINING",))
    talk.hear(b"220 Hello\r\n")
    writes = []
    while talk.conversation.open:
        talk.begin()
        writes.append(talk.speak())
        replies = server.hear(writes[-1])
        if not replies:
            break
        talk.hear(replies)

    assert [write.count(b"\r\nMAIL FROM") + write.startswith(b"MAIL FROM") for write in writes] == [0, 1, 1, 1, 0, 0]
    assert [write.count(b"\r\n.\r\n") for write in writes] == [0, 0, 1, 1, 1, 0]


ROUND = b"250 2.0.0 Taken\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n"


@pytest.fixture
def two_under_way() -> Talk:
    """The body of letter 1 is written, and the envelope of letter 2 behind it."""
    talk, server = Talk(9), Server([], ("PIPELINING",))
    talk.hear(b"220 Hello\r\n")
    talk.hear(server.hear(talk.speak()))
    talk.begin()
    talk.hear(server.hear(talk.speak()))
    talk.begin()
    talk.speak()
    return talk


def test_a_round_that_goes_as_planned(two_under_way: Talk) -> None:
    two_under_way.hear(ROUND)

    assert two_under_way.answers == [(1, judged(Stage.DOT, YES[Stage.DOT]))]
    assert two_under_way.speak().endswith(b"Message-ID: <2@example.org>\r\n\r\nHello.\r\n.\r\n")


def test_a_round_behind_the_beginning_of_another_reply_is_none(two_under_way: Talk) -> None:
    two_under_way.hear(b"25")
    two_under_way.hear(ROUND)

    assert isinstance(two_under_way.answers[0][1].outcome, Uncertain)
    assert not two_under_way.conversation.open


@pytest.mark.parametrize("more", [b"2", b"250 2.0.0 Taken before it was sent\r\n", ROUND])
def test_who_answers_a_body_before_it_is_written_speaks_out_of_turn(two_under_way: Talk, more: bytes) -> None:
    two_under_way.hear(ROUND[:-1])
    two_under_way.hear(b"\n" + more)

    assert [(n, type(one.outcome)) for n, one in two_under_way.answers] == [(1, Sent), (2, Deferred)]
    assert not two_under_way.conversation.open


def test_a_whole_round_before_the_second_body_is_written_settles_nothing(two_under_way: Talk) -> None:
    two_under_way.hear(ROUND)
    two_under_way.begin()
    two_under_way.hear(ROUND)

    assert [(n, type(one.outcome)) for n, one in two_under_way.answers] == [(1, Sent), (2, Deferred)]
    assert two_under_way.conversation.left_over == letter(3)


def test_a_message_announced_behind_another_may_begin_elsewhere_while_nothing_was_said_of_it(
    two_under_way: Talk,
) -> None:
    two_under_way.hear(b"250 2.0.0 Taken\r\n")
    two_under_way.hang_up()

    assert [number for number, _ in two_under_way.answers] == [1]
    assert two_under_way.conversation.left_over == letter(2)


def test_but_not_when_its_envelope_was_answered_or_nothing_was_before_it(two_under_way: Talk) -> None:
    two_under_way.hear(b"250 2.0.0 Taken\r\n250 2.1.0 Ok\r\n")
    two_under_way.hang_up()

    assert [(n, type(one.outcome)) for n, one in two_under_way.answers] == [(1, Sent), (2, Deferred)]
    assert two_under_way.conversation.left_over is None

    talk = Talk(1)
    talk.hear(b"220 Hello\r\n")
    talk.hear(Server([], ("PIPELINING",)).hear(talk.speak()))
    talk.begin()
    talk.hang_up()
    assert [(n, type(one.outcome)) for n, one in talk.answers] == [(1, Deferred)]


def test_only_354_opens_the_way_for_a_body(two_under_way: Talk) -> None:
    two_under_way.hear(ROUND.replace(b"354", b"250"))

    assert [(n, type(one.outcome)) for n, one in two_under_way.answers] == [(1, Sent), (2, Deferred)]
    assert not two_under_way.conversation.open and not two_under_way.conversation.out


@pytest.mark.parametrize("reply", [b"552 5.3.4 Too big\r\n", b"421 4.3.2 Going down\r\n"])
def test_a_body_refused_before_its_end_is_answered_by_that_reply(reply: bytes) -> None:
    talk, server = Talk(3), Server([], ("PIPELINING",))
    talk.hear(b"220 Hello\r\n")
    talk.hear(server.hear(talk.speak()))
    talk.begin()
    talk.hear(server.hear(talk.speak()))
    talk.begin()
    talk.conversation.wrote(9)
    talk.hear(reply)

    assert [number for number, _ in talk.answers] == [1]
    assert talk.answers[0][1] == judged(Stage.DOT, reply.decode().strip())
    assert not talk.conversation.open
    assert talk.conversation.left_over == letter(2)


def test_a_yes_before_the_final_dot_is_none() -> None:
    talk, server = Talk(1), Server([], ("PIPELINING",))
    talk.hear(b"220 Hello\r\n")
    talk.hear(server.hear(talk.speak()))
    talk.begin()
    talk.hear(server.hear(talk.speak()))
    talk.conversation.wrote(len(talk.conversation.out) - 1)
    talk.hear(b"250 2.0.0 Taken\r\n")

    assert isinstance(talk.answers[0][1].outcome, Deferred)
    assert not talk.conversation.open
