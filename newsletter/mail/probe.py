"""A knock at the relay's door: everything that comes before the first message, and nothing after it."""

import ssl
import time

from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.session import Session
from newsletter.mail.transport import RelayUnavailable


def knock(relay: Relay, *, patience: float = 5.0) -> None:
    """Connect, greet, turn on TLS, log in, say goodbye; each step may take `patience` seconds.

    Raises RelayUnavailable with a sentence that names the step that failed.
    """
    waits = Timeouts(connect=patience, tls=patience, greeting=patience, command=patience)
    try:
        context = ssl.create_default_context(cafile=relay.ca_file)
    except OSError:
        raise RelayUnavailable("The file of NEWSLETTER_SMTP_CA_FILE cannot be read.") from None
    Session(relay, context, waits, time.monotonic).quit()
