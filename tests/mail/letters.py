"""Small messages to send, and a supply that remembers what was pulled from it."""

from collections.abc import Iterable
from itertools import islice

from newsletter.domain.delivery import Outcome
from newsletter.domain.message import Outgoing
from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import Supply
from tests.scripted_smtp import ScriptedSmtp

QUICK = Timeouts(
    connect=0.3, tls=0.3, greeting=0.3, command=0.3, data_start=0.3, data_block=0.3, final_dot=0.3, goodbye=0.3
)
BRISK = Timeouts(connect=20, tls=20, greeting=1, command=1, data_start=1, data_block=1, final_dot=1, goodbye=1)
"""For tests that say which message timed out, and no other: a busy machine may well take 0.3 s for a reply."""

PATIENT = Timeouts(connect=20, tls=20, greeting=20, command=20, data_start=20, data_block=20, final_dot=20, goodbye=2)


def letter(number: int, *, to: str = "", body: bytes = b"Hello.\r\n", sender: str = "b@example.org") -> Outgoing:
    """Message number so-and-so; its Message-ID is <number@example.org>."""
    head = f"From: b@example.org\r\nTo: r{number}@example.com\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
    return Outgoing(number, 1, sender, to or f"r{number}@example.com", head.encode() + body)


class Pile:
    """A supply of letters 1 to `size` that knows what was pulled of it."""

    def __init__(self, size: int) -> None:
        self.left = iter(range(1, size + 1))
        self.pulled: list[int] = []
        self.answered = 0
        self.most_in_flight = 0

    def __call__(self, most: int) -> list[Outgoing]:
        numbers = list(islice(self.left, most))
        self.pulled += numbers
        self.most_in_flight = max(self.most_in_flight, len(self.pulled) - self.answered)
        return [letter(number) for number in numbers]


def plain(server: ScriptedSmtp, connections: int = 1, timeouts: Timeouts = PATIENT, **more: float) -> SmtpTransport:
    """A transport to this server without TLS."""
    return SmtpTransport(Relay(server.host, server.port, "never"), connections, timeouts=timeouts, **more)


def post(transport: SmtpTransport, supply: Supply) -> dict[int, Outcome]:
    """Send it all, and check that each message was answered once. Closes the transport."""
    try:
        answers = [(message.delivery, outcome) for some in transport.send(supply) for message, outcome in some]
    finally:
        transport.close()
    assert len(answers) == len(dict(answers))
    return dict(answers)


def post_some(transport: SmtpTransport, pile: Pile) -> tuple[dict[int, Outcome], Exception | None]:
    """The same for sends that may end in an exception, which is handed back as the second value."""
    answers: list[tuple[int, Outcome]] = []
    trouble = None
    try:
        for some in transport.send(pile):
            pile.answered += len(some)
            answers += [(message.delivery, outcome) for message, outcome in some]
    except Exception as error:
        trouble = error
    finally:
        transport.close()
    assert sorted(number for number, _ in answers) == sorted(pile.pulled)
    return dict(answers), trouble


def supply(messages: Iterable[Outgoing]) -> Supply:
    """These messages, and then no more."""
    left = iter(messages)
    return lambda most: list(islice(left, most))


def letters(size: int) -> Supply:
    """Letters 1 to `size`."""
    return Pile(size)
