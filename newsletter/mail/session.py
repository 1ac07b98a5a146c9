"""One connection to the relay: opened, logged in, used for one message after another, closed with a goodbye.

A reply can never be taken for another message's: nothing is sent while unread bytes wait, a connection whose
reply is overdue is closed at once, and should a stray reply slip in between, DATA meets a 250 where only 354
will do, before any of the message is on the wire.
"""

import base64
import re
import ssl

from newsletter.domain.message import Outgoing
from newsletter.mail.lines import as_sent
from newsletter.mail.relay import Relay, Timeouts, is_loopback
from newsletter.mail.replies import Stage, Verdict, classify, enhanced_status, lost, refused_here, tidy
from newsletter.mail.transport import RelayUnavailable
from newsletter.mail.wire import Broken, Clock, Reply, dial

# Printable ASCII without space, < and >: nothing that could end a path or a command (RFC 5321 section 4.1.2).
# SMTPUTF8 is never asked for, so a non-ASCII address has no way onto the wire.
_PATH = re.compile(r"[!-;=?-~]{1,254}")


class Session:
    """A connection ready for mail. Not thread-safe."""

    def __init__(self, relay: Relay, context: ssl.SSLContext, timeouts: Timeouts, clock: Clock) -> None:
        """Connect, and do what comes before the first message. Raises RelayUnavailable."""
        self._relay = relay
        self._timeouts = timeouts
        self._clock = clock
        self._features: dict[str, str] = {}
        self._stage = Stage.GREETING
        self._unclean = False
        self.open = True
        self.messages = 0
        self.last_used = clock()
        try:
            self._wire = dial(relay.host, relay.port, timeouts.connect, clock)
        except Broken as broken:
            raise RelayUnavailable(f"The relay {relay.name} cannot be reached: {tidy(str(broken))}.") from broken
        try:
            self._prepare(context)
        except Broken as broken:
            self.close()
            where = f"The relay {relay.name} failed at {self._stage}"
            raise RelayUnavailable(f"{where}: {tidy(str(broken))}.") from broken
        except BaseException:
            self.close()
            raise

    def ready(self, *, check: bool = False) -> bool:
        """Whether the next message may use this connection. Clears up after a refused one (RSET); with `check`
        asks even when nothing seems amiss."""
        if not self.open or not self._wire.is_quiet():
            return False
        if not (self._unclean or check):
            return True
        try:
            # What did not answer a moment ago is no loss, so nobody waits five minutes for it.
            clean = self._command("RSET", min(self._timeouts.command, 10.0)).positive
        except Broken:
            clean = False
        self._unclean = False
        return clean

    def deliver(self, message: Outgoing) -> Verdict:
        """Carry one message through MAIL, RCPT, DATA and the final dot. Closes the connection when it broke."""
        for path in (message.envelope_from or "null", message.envelope_to):
            if not _PATH.fullmatch(path):
                return refused_here("Not sent: an address of the envelope cannot stand in an SMTP command.")
        self.messages += 1
        try:
            verdict = self._transaction(message)
        except Broken as broken:
            self.close()
            verdict = lost(self._stage, str(broken))
        self.last_used = self._clock()
        return verdict

    def quit(self) -> None:
        """Say goodbye (RFC 5321 section 4.1.1.10) and close, whatever comes back."""
        try:
            if self.open and self._wire.is_quiet():
                self._command("QUIT", self._timeouts.goodbye)
        except Broken:
            pass  # gone already
        finally:
            self.close()

    def close(self) -> None:
        """Close at once."""
        self.open = False
        self._wire.close()

    def _transaction(self, message: Outgoing) -> Verdict:
        refusal = self._envelope(message)
        if refusal:
            return refusal
        self._stage = Stage.DATA
        reply = self._command("DATA", self._timeouts.data_start)
        if reply.code != 354:
            return self._refused(reply)
        self._wire.send(as_sent(message.data), self._timeouts.data_block)
        self._stage = Stage.DOT
        reply = self._wire.reply(self._timeouts.final_dot)
        return self._judge(reply) if reply.positive else self._refused(reply)

    def _envelope(self, message: Outgoing) -> Verdict | None:
        """MAIL and RCPT, in one flight where PIPELINING (RFC 2920) is offered: a round trip less for each message."""
        commands = [f"MAIL FROM:<{message.envelope_from}>", f"RCPT TO:<{message.envelope_to}>"]
        self._stage = Stage.MAIL
        if "PIPELINING" in self._features:
            self._wire.send("".join(f"{c}\r\n" for c in commands).encode(), self._timeouts.command)
            mail = self._wire.reply(self._timeouts.command)
        else:
            mail = self._command(commands[0], self._timeouts.command)
        if not mail.positive:
            verdict = self._refused(mail)
            if self.open and "PIPELINING" in self._features:
                self._skip_reply()
            return verdict
        self._stage = Stage.RCPT
        if "PIPELINING" in self._features:
            rcpt = self._wire.reply(self._timeouts.command)
        else:
            rcpt = self._command(commands[1], self._timeouts.command)
        return None if rcpt.positive else self._refused(rcpt)

    def _skip_reply(self) -> None:
        """Read the reply to RCPT that no longer matters; the verdict on MAIL stands even if it never comes."""
        try:
            self._wire.reply(self._timeouts.command)
        except Broken:
            self.close()

    def _refused(self, reply: Reply) -> Verdict:
        """Anything but the yes that was due. 421 announces that the server hangs up."""
        self._unclean = True
        if reply.code < 400 or reply.code == 421:
            self.close()
        return self._judge(reply)

    def _judge(self, reply: Reply) -> Verdict:
        return classify(self._stage, reply.code, enhanced_status(reply.text), reply.text)

    def _command(self, line: str, timeout: float) -> Reply:
        self._wire.send(f"{line}\r\n".encode(), timeout)
        return self._wire.reply(timeout)

    def _prepare(self, context: ssl.SSLContext) -> None:
        relay, timeouts = self._relay, self._timeouts
        if relay.security == "implicit":
            self._stage = Stage.STARTTLS
            self._wire.start_tls(context, relay.host, timeouts.tls)
            self._stage = Stage.GREETING
        self._demand(self._wire.reply(timeouts.greeting))
        self._greet()
        if relay.security == "starttls":
            self._stage = Stage.STARTTLS
            if "STARTTLS" not in self._features:
                raise Broken("it offers no TLS, and mail is never sent in clear unless ?starttls=never says so")
            self._demand(self._command("STARTTLS", timeouts.command))
            self._wire.start_tls(context, relay.host, timeouts.tls)
            self._greet()  # what was offered in clear does not count (RFC 3207 section 4.2)
        if relay.user:
            self._log_in()

    def _greet(self) -> None:
        self._stage = Stage.EHLO
        name = self._relay.local_hostname or _literal(self._wire.local_address)
        reply = self._command(f"EHLO {name}", self._timeouts.command)
        self._demand(reply)
        self._features = reply.features

    def _log_in(self) -> None:
        """AUTH PLAIN (RFC 4616), or LOGIN where there is nothing better. Only ever under TLS or to ourselves."""
        self._stage = Stage.AUTH
        relay, wait = self._relay, self._timeouts.command
        if relay.security == "never" and not is_loopback(relay.host):
            raise Broken("a password never travels in clear")
        offered = self._features.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            reply = self._command("AUTH PLAIN " + _b64(f"\0{relay.user}\0{relay.password}"), wait)
        elif "LOGIN" in offered:
            reply = self._command("AUTH LOGIN", wait)
            for answer in (relay.user, relay.password):
                if reply.code == 334:
                    reply = self._command(_b64(answer), wait)
        else:
            raise Broken("it offers no login by password (AUTH PLAIN or LOGIN)")
        if reply.code != 235:
            # The text is left out: a server may repeat what it was sent.
            raise Broken(f"it refused our user and password ({reply.code})")

    def _demand(self, reply: Reply) -> None:
        if reply.code not in (220, 250):
            raise Broken(f"it answered {reply}")


def _literal(address: str) -> str:
    """An IP address as EHLO takes it (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
