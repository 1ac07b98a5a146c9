"""A knock at the relay's door: everything that comes before the first message, and nothing after it."""

from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.smtp import SmtpTransport
from newsletter.mail.transport import RelayUnavailable


def knock(relay: Relay, *, patience: float = 5.0) -> None:
    """Connect, greet, turn on TLS, log in, say goodbye; each step may take `patience` seconds.

    Raises RelayUnavailable with a sentence that names the step that failed.
    """
    waits = Timeouts(connect=patience, tls=patience, greeting=patience, command=patience)
    try:
        transport = SmtpTransport(relay, 1, timeouts=waits)
    except OSError:
        raise RelayUnavailable("The file of NEWSLETTER_SMTP_CA_FILE cannot be read.") from None
    try:
        for _ in transport.send(lambda most: ()):
            pass
    finally:
        transport.close()
