"""The SMTP dialogue of one connection, without the connection: bytes in, answers out, and what to write next.

It has no socket and no clock, so that it can be tried with every sequence of bytes there is. What keeps a reply from
settling another message than its own:

- every command is entered in `_due` when it is put up for writing, and replies are taken for them in that order;
- a reply for a command that has not been written breaks the conversation;
- where replies have slipped by one all the same, DATA meets a 250 where only 354 will do, before any of the message
  is on the wire.

Where PIPELINING (RFC 2920) is offered, the body of a message and the next one's MAIL, RCPT and DATA go out together:
one round trip a message. So at most two messages are under way: the one whose body is `_sent`, and the one `_begun`.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from newsletter.domain.message import Outgoing
from newsletter.mail.envelope import NOTHING, Offer, make_ready, read_offer
from newsletter.mail.opening import Ask, Opening
from newsletter.mail.reading import Broken, Reader, Reply, words
from newsletter.mail.relay import Timeouts
from newsletter.mail.replies import Stage, Verdict, classify, enhanced_status, lost, taken

Answer = tuple[Outgoing, Verdict]

RSET_PATIENCE = 10.0
"""Seconds at most for the reply to RSET: what did not answer a moment ago is no loss, nobody waits five minutes."""

# The replies of one round trip that went as planned: to a body, and to the envelope behind it.
_ROUND = re.compile(rb"250 ([^\r\n]{0,500})\r\n250 [^\r\n]{0,500}\r\n25[01] [^\r\n]{0,500}\r\n354 [^\r\n]{0,500}\r\n")


class _Step(NamedTuple):
    """A command that was put up for writing: who hears the reply, and how many seconds that may take."""

    stage: Stage
    patience: float
    hear: Callable[[int, bytes], None]


class Conversation:
    """One dialogue. `out` is what is to be written now; whoever writes says wrote(), and feed()s what comes."""

    def __init__(self, opening: Opening, waits: Timeouts) -> None:
        self.open = True
        self.wants_tls = False
        """The next bytes either way belong to a TLS handshake; say secured() when it is done."""
        self.out: bytes | memoryview = b""
        self.messages = 0
        self.trouble = ""
        """Why it could not be opened, or was lost; without secrets."""
        self.stage = Stage.GREETING
        """How far the opening came."""
        self.left_over: Outgoing | None = None
        """A message begun behind another, of which the server has said nothing: it may be begun elsewhere."""
        self._opening: Opening | None = opening
        self._reader = Reader()
        self._answers: list[Answer] = []
        self._due: deque[_Step] = deque()
        self._begun: Outgoing | None = None
        self._ready = NOTHING  # the message begun
        self._sent: Outgoing | None = None
        self._behind = False  # the message begun was put up together with another's body, and has heard nothing yet
        self._as_planned = False  # the same, and nothing was heard since: neither of the body nor part of a reply
        self._tail = 0  # bytes at the end of `out` that belong to the message begun
        self._partly = False  # writing `out` has begun
        self._offer = Offer()
        self._learn_steps(waits)
        self._ask(next(opening))

    def _learn_steps(self, waits: Timeouts) -> None:
        self._waits = waits
        self._mail = _Step(Stage.MAIL, waits.command, self._on_mail)
        self._rcpt = _Step(Stage.RCPT, waits.command, self._on_rcpt)
        self._data_command = _Step(Stage.DATA, waits.data_start, self._on_data)
        self._envelope = (self._mail, self._rcpt, self._data_command)
        self._dot = _Step(Stage.DOT, waits.final_dot, self._on_dot)
        self._empty = _Step(Stage.DOT, waits.final_dot, self._on_empty)
        self._rset = _Step(Stage.MAIL, min(waits.command, RSET_PATIENCE), self._on_rset)
        self._quit = _Step(Stage.MAIL, waits.goodbye, self._on_quit)

    @property
    def is_opening(self) -> bool:
        """Whether the first message must still wait."""
        return self._opening is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing at all is under way."""
        return self.open and not self._due and self._opening is None

    @property
    def is_leaving(self) -> bool:
        """Whether only the reply to our goodbye is due."""
        return bool(self._due) and self._due[0] is self._quit

    @property
    def is_ready(self) -> bool:
        """Whether a message may begin: nothing is under way, or only a body that can take it along."""
        if self._begun is not None or self._opening is not None or not self.open:
            return False
        return not self._due or (
            self._offer.pipelining and self._sent is not None and bool(self.out) and not self._partly
        )

    @property
    def patience(self) -> float | None:
        """Seconds that the next reply may take (RFC 5321 section 4.5.3.2); None: nothing is due."""
        return self._due[0].patience if self._due else None

    def begin(self, message: Outgoing) -> Verdict | None:
        """Put up a message's envelope, or say why it must not reach the wire. Only when is_ready."""
        ready = make_ready(message, self._offer)
        if isinstance(ready, Verdict):
            return ready
        self.messages += 1
        self._begun, self._ready, self._behind = message, ready, self._sent is not None
        if self._offer.pipelining:
            envelope = f"{ready.mail}{ready.rcpt}DATA\r\n".encode()
            self._tail = len(envelope)
            self._as_planned = self._behind
            self.out = bytes(self.out) + envelope
            self._due += self._envelope
        else:
            self._say(ready.mail, self._mail)
        return None

    def check(self) -> None:
        """Ask whether the server is still there and in step. Only when is_idle."""
        self._say("RSET\r\n", self._rset)

    def quit(self) -> None:
        """Say goodbye (RFC 5321 section 4.1.1.10). Only when is_idle."""
        self._say("QUIT\r\n", self._quit)

    def wrote(self, count: int) -> None:
        """So many bytes of `out` are on their way."""
        if count == len(self.out):
            self.out, self._partly = b"", False
        else:
            self.out, self._partly = memoryview(self.out)[count:], True

    def secured(self) -> None:
        """The TLS handshake is done."""
        self.wants_tls = False
        self._next_question((220, b""))

    def feed(self, data: bytes) -> list[Answer] | None:
        """Hear what the server says. Returns what became of messages; None while no reply is whole."""
        if self._as_planned and not self.out and (round_trip := _ROUND.fullmatch(data)):
            return self._go_round(round_trip[1])
        self._as_planned = False
        try:
            replies = self._reader.feed(data)
            for code, text in replies:
                self._in_turn(code)
                self._due.popleft().hear(code, text)
                if code == 421:  # announces that the server hangs up
                    self.open = False
                if not self.open:
                    return self.lost("it hung up")
            if self._reader.in_the_middle and (self.out or not self._due) and not self._partly:
                raise Broken("it spoke out of turn")
        except Broken as broken:
            return self.lost(str(broken))
        if not replies:
            return None
        answers, self._answers = self._answers, []
        return answers

    def lost(self, why: str) -> list[Answer]:
        """The connection is gone, or must go. Returns what became of messages."""
        self.open = False
        self.trouble = self.trouble or why
        if self._sent is not None:
            stage = Stage.DOT if self._dot_has_left else Stage.DATA
            self._answers.append((self._sent, lost(stage, why)))
        if self._begun is not None:
            if self._behind:
                self.left_over = self._begun
            else:
                self._answers.append((self._begun, lost(self._due[0].stage, why)))
        self._sent = self._begun = None
        answers, self._answers = self._answers, []
        return answers

    @property
    def _dot_has_left(self) -> bool:
        return len(self.out) <= self._tail

    def _go_round(self, text: bytes) -> list[Answer]:
        """What feed() would come to for four replies, one by one; nearly all of a campaign comes by here."""
        assert self._sent is not None
        answers = [(self._sent, taken(words(text)))]
        self._due.clear()
        self._put_up_body()
        return answers

    def _put_up_body(self) -> None:
        self._sent, self._begun, self._behind, self._as_planned = self._begun, None, False, False
        self.out, self._ready, self._tail = self._ready.body, NOTHING, 0
        self._due.append(self._dot)

    def _in_turn(self, code: int) -> None:
        """Refuse a reply to what was not written; but a body may be refused before it is all on its way."""
        if self.wants_tls:
            raise Broken("it sent more than its reply to STARTTLS; somebody may be in between")
        early = self._partly and self._due[0] is self._dot and (code >= 400 or self._dot_has_left)
        if not self._due or (self.out and not early):
            raise Broken("it spoke out of turn")

    def _say(self, line: str, step: _Step) -> None:
        self.out = bytes(self.out) + line.encode()
        self._due.append(step)

    def _ask(self, ask: Ask | None) -> None:
        if ask is None:
            self.wants_tls = True
            return
        self.stage = ask.stage
        self._due.append(_Step(ask.stage, ask.patience, self._on_opening))
        if ask.line:
            self.out = f"{ask.line}\r\n".encode()

    def _on_opening(self, code: int, text: bytes) -> None:
        self._next_question((code, text))

    def _next_question(self, reply: Reply) -> None:
        assert self._opening is not None
        try:
            self._ask(self._opening.send(reply))
        except StopIteration as done:
            self._opening = None
            self._offer = read_offer(done.value)

    def _on_mail(self, code: int, text: bytes) -> None:
        self._behind = False
        if not 200 <= code < 300:
            self._refuse(Stage.MAIL, code, text)
        elif not self._offer.pipelining and self._begun:
            self._say(self._ready.rcpt, self._rcpt)

    def _on_rcpt(self, code: int, text: bytes) -> None:
        if self._begun is None:
            return  # MAIL was refused, and this with it
        if not 200 <= code < 300:
            self._refuse(Stage.RCPT, code, text)
        elif not self._offer.pipelining:
            self._say("DATA\r\n", self._data_command)

    def _on_data(self, code: int, text: bytes) -> None:
        if self._begun is None:
            # MAIL or RCPT was refused, and DATA taken all the same: a lone dot ends it (RFC 2920 section 3.1).
            if code == 354:
                self._say(".\r\n", self._empty)
            else:
                self.check()
        elif code != 354:
            self._refuse(Stage.DATA, code, text)
        else:
            self._put_up_body()

    def _on_dot(self, code: int, text: bytes) -> None:
        message, self._sent = self._sent, None
        assert message is not None
        self._answers.append((message, _judge(Stage.DOT, code, text)))
        if self.out and not self._dot_has_left:
            raise Broken("it refused a message before the end")
        if not 200 <= code < 300 and code < 400:
            raise Broken("it is out of step")

    def _on_empty(self, code: int, text: bytes) -> None:
        self.check()

    def _on_rset(self, code: int, text: bytes) -> None:
        if not 200 <= code < 300:
            raise Broken("it is out of step")

    def _on_quit(self, code: int, text: bytes) -> None:
        self.open = False

    def _refuse(self, stage: Stage, code: int, text: bytes) -> None:
        """Anything but the yes that was due. The transaction is cleared when all replies of it have come."""
        message, self._begun = self._begun, None
        assert message is not None
        self._answers.append((message, _judge(stage, code, text)))
        if code < 400:
            raise Broken("it is out of step")
        if not self._due:
            self.check()


def _judge(stage: Stage, code: int, text: bytes) -> Verdict:
    """Judge a reply that ends a message's journey."""
    said = words(text)
    return classify(stage, code, enhanced_status(said), said)
