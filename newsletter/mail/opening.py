"""What is said on a connection before the first message: greeting, EHLO, TLS, login.

Every step is a question and its answer, so it reads as one: a generator that yields what to ask and is sent the
reply. It knows no socket; conversation.Conversation drives it.
"""

import base64
from collections.abc import Generator
from typing import NamedTuple

from newsletter.domain.golive import is_loopback
from newsletter.mail.reading import Broken, Reply, features, words
from newsletter.mail.relay import Relay, Timeouts
from newsletter.mail.replies import Stage


class Ask(NamedTuple):
    """A line to write (empty: only listen), and how many seconds its reply may take."""

    stage: Stage
    line: str
    patience: float


Features = dict[str, str]
Opening = Generator[Ask | None, Reply, Features]
"""Yields what to ask, or None for: turn on TLS now. Returns what the server offers; raises Broken."""


def open_up(relay: Relay, our_address: str, waits: Timeouts) -> Opening:
    """Everything up to the first MAIL. `our_address` is our end's IP address, for relays without a name of ours."""
    _demand((yield Ask(Stage.GREETING, "", waits.greeting)))
    hello = Ask(Stage.EHLO, f"EHLO {relay.local_hostname or _literal(our_address)}", waits.command)
    offered = yield from _greet(hello)
    if relay.security == "starttls":
        if "STARTTLS" not in offered:
            raise Broken("it offers no TLS, and mail is never sent in clear unless ?starttls=never says so")
        _demand((yield Ask(Stage.STARTTLS, "STARTTLS", waits.command)))
        yield None
        offered = yield from _greet(hello)  # what was offered in clear does not count (RFC 3207 section 4.2)
    if relay.user:
        yield from _log_in(relay, offered.get("AUTH", "").upper().split(), waits.command)
    return offered


def _greet(hello: Ask) -> Opening:
    reply = yield hello
    _demand(reply)
    return features(reply[1])


def _log_in(relay: Relay, offered: list[str], patience: float) -> Generator[Ask, Reply, None]:
    """AUTH PLAIN (RFC 4616), or LOGIN where there is nothing better. Only ever under TLS or to ourselves."""
    if relay.security == "never" and not is_loopback(relay.host):
        raise Broken("a password never travels in clear")
    if "PLAIN" in offered:
        code, _ = yield Ask(Stage.AUTH, "AUTH PLAIN " + _b64(f"\0{relay.user}\0{relay.password}"), patience)
    elif "LOGIN" in offered:
        code, _ = yield Ask(Stage.AUTH, "AUTH LOGIN", patience)
        for answer in (relay.user, relay.password):
            if code == 334:
                code, _ = yield Ask(Stage.AUTH, _b64(answer), patience)
    else:
        raise Broken("it offers no login by password (AUTH PLAIN or LOGIN)")
    if code != 235:
        # The text is left out: a server may repeat what it was sent.
        raise Broken(f"it refused our user and password ({code})")


def _demand(reply: Reply) -> None:
    code, text = reply
    if code not in (220, 250):
        raise Broken(f"it answered {code} {words(text)}".strip())


def _literal(address: str) -> str:
    """An IP address as EHLO takes it (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
