"""What an SMTP reply means: whom it is about, and what becomes of the message.

A code has three digits; the first says yes, not now, or never (RFC 5321 section 4.2.1). An enhanced status
such as 5.1.1 adds a subject and a detail (RFC 3463): x.1 the address, x.2 the mailbox, x.3 the mail system,
x.4 the network and routing, x.5 the protocol, x.6 the content, x.7 security and policy. A status is believed
only when its class agrees with the code.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.delivery import Blame, Deferred, Failed, Outcome, Sent, Uncertain

LONGEST_REPLY = 300


class Stage(StrEnum):
    """How far a conversation has come; DATA is the command, DOT the end of the message."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"


class Sense(StrEnum):
    """What an answer says beside the message's own fate."""

    TAKEN = "taken"  # the relay works for us
    READER = "reader"  # about this reader or this message alone
    POLICY = "policy"  # about us, perhaps: believed when several recipients in a row get it
    SLOWER = "slower"  # not now, and perhaps slower: believed when several recipients in a row get it
    BUSY = "busy"  # the relay wants us later or slower
    LOST = "lost"  # the connection broke
    CLOSED = "closed"  # the relay will not have our mail: stop


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one message, and what it says about the relay."""

    outcome: Outcome
    sense: Sense


_SETUP = (Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH)
_LOGIN_CODES = (530, 534, 535, 538)  # RFC 4954 section 6


class _Meaning(StrEnum):
    GONE = "gone"
    READER = "reader"
    POLICY = "policy"
    RELAY = "relay"


# Read from the most particular to the most general. 5.1.7 and 5.1.8 are about the sender's address, 5.4.5 is a
# used-up quota, 5.3.4 and 5.2.3 a message too large. A full mailbox (5.2.2) and a disabled one (5.2.1) come back
# to life: the letter fails, the address stays. What speaks of the mail system (5.3) or the protocol (5.5) is hardly
# the reader's fault: failing her for it would fail everybody.
_STATUS = {
    "1.7": _Meaning.RELAY,
    "1.8": _Meaning.RELAY,
    "1": _Meaning.GONE,
    "2": _Meaning.READER,
    "3.4": _Meaning.READER,
    "3": _Meaning.POLICY,
    "4.5": _Meaning.RELAY,
    "4": _Meaning.READER,
    "5": _Meaning.POLICY,
    "6": _Meaning.READER,
    "7": _Meaning.POLICY,
}

_ABOUT_US = re.compile(
    r"spam|block|black.?list|deny.?list|reputation|dnsbl|\brbl\b|listed|polic|relay|den(y|ied)|reject(ed)? (due|for)"
    r"|authenti|dkim|dmarc|\bspf\b|not (permitted|allowed|authori)|banned|too many|limit|quota exceeded for sender",
    re.IGNORECASE,
)
_TOO_FAST = re.compile(r"too (many|fast|quick)|throttl|slow(er)? down|\b(rate|sending) limit", re.IGNORECASE)
_NO_SUCH_USER = re.compile(
    r"(no|unknown|invalid|non-?existent|bad) (such )?(local )?"
    r"(user|mailbox|recipient|address|account|person|destination)"
    r"|(user|mailbox|recipient|address|account)( \S+)? (is )?(unknown|invalid|not (found|known|local|exist|valid)"
    r"|not (here|available)|unavailable|does(n't| not| n.t) exist|has moved)|does(n't| not) (exist|have)|no mailbox"
    r"|not our customer|not a (known|valid)",
    re.IGNORECASE,
)

_ADDRESS = re.compile(r"""<?(?:"[^"]{0,100}"|[^\s<>@＠]{0,320})[@＠][^\s<>@＠]{0,255}>?""")
_STATUS_TEXT = re.compile(r"#?(([245])\.(\d{1,3})\.(\d{1,3}))(?=\s|$)")  # Cisco's servers write "#5.1.0"


def enhanced_status(text: str) -> str | None:
    """The status at the beginning of a reply's text, such as "5.1.1" (RFC 2034 section 4)."""
    match = _STATUS_TEXT.match(text)
    return match[1] if match else None


def tidy(text: str) -> str:
    """A server's words as one line without control characters or addresses, 300 characters at most."""
    if text.isascii() and text.isprintable() and "@" not in text:  # nearly every yes; the long way takes 6 microseconds
        return " ".join(text[:2000].split())[:LONGEST_REPLY]
    line = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:2000])
    return " ".join(_ADDRESS.sub("<address>", line).split())[:LONGEST_REPLY]


def classify(stage: Stage, code: int, status: str | None, text: str) -> Verdict:
    """Judge a reply that ends a message's journey at `stage`, or ended it well.

    `status` is what `enhanced_status` found. 2xx after the final dot is the only yes; any other 2xx or 3xx
    handed in here came where it does not belong, and counts as a broken conversation.
    """
    if stage is Stage.DOT and 200 <= code < 300:
        return taken(text, code)
    reply = tidy(f"{code} {text}")
    if code < 400:
        return lost(stage, f"unexpected reply {reply}")
    if code in _LOGIN_CODES:
        return Verdict(Deferred(reply, Blame.RELAY), Sense.CLOSED)
    if code == 421 or (code < 500 and stage in (*_SETUP, Stage.MAIL)):
        return Verdict(Deferred(reply, Blame.RELAY), Sense.BUSY)
    if code < 500:
        return _not_now(reply, _subject_detail(code, status), text)
    if stage in (*_SETUP, Stage.MAIL):
        return Verdict(Deferred(reply, Blame.RELAY), Sense.CLOSED)
    return _never(reply, _meaning(stage, code, status, text))


def taken(text: str, code: int = 250) -> Verdict:
    """Judge the yes after the final dot."""
    return Verdict(Sent(tidy(f"{code} {text}")), Sense.TAKEN)


def lost(stage: Stage, why: str) -> Verdict:
    """Judge a connection that broke at `stage`: only after the final dot may the message have arrived."""
    if stage is Stage.DOT:
        return Verdict(Uncertain(tidy(f"No reply after the final dot: {why}")), Sense.LOST)
    return Verdict(Deferred(tidy(f"{stage}: {why}"), Blame.RELAY), Sense.LOST)


def refused_here(why: str) -> Verdict:
    """Judge a message that must not reach the wire."""
    return Verdict(Failed(tidy(why)), Sense.READER)


def _not_now(reply: str, subject_detail: str, text: str) -> Verdict:
    found = _STATUS.get(subject_detail)
    if found is _Meaning.RELAY:
        return Verdict(Deferred(reply, Blame.RELAY), Sense.BUSY)
    # 4.7.x is a rate limit or a greylist, 4.3.x a relay in trouble: hers or everybody's, the next ones tell.
    found = found or _STATUS.get(subject_detail.partition(".")[0])
    if found is _Meaning.POLICY or (not subject_detail and _TOO_FAST.search(text)):
        return Verdict(Deferred(reply, Blame.READER), Sense.SLOWER)
    return Verdict(Deferred(reply, Blame.READER), Sense.READER)


def _never(reply: str, meaning: _Meaning) -> Verdict:
    match meaning:
        case _Meaning.GONE:
            return Verdict(Failed(reply, bad_address=True), Sense.READER)
        case _Meaning.READER:
            return Verdict(Failed(reply), Sense.READER)
        case _Meaning.POLICY:
            return Verdict(Deferred(reply, Blame.READER), Sense.POLICY)
        case _Meaning.RELAY:
            return Verdict(Deferred(reply, Blame.RELAY), Sense.CLOSED)


def _meaning(stage: Stage, code: int, status: str | None, text: str) -> _Meaning:
    """What a 5xx at RCPT, DATA or the final dot is about."""
    subject_detail = _subject_detail(code, status)
    found = _STATUS.get(subject_detail) or _STATUS.get(subject_detail.partition(".")[0])
    if found:
        return found
    if code == 552:  # storage or size, RFC 5321 section 4.2.3
        return _Meaning.READER
    if stage is not Stage.RCPT:
        # A bare "554 transaction failed" for a message that is much the same for all: let the next ones tell.
        return _Meaning.POLICY
    # First: "relaying denied, user not local" must never suppress a whole list.
    if _ABOUT_US.search(text):
        return _Meaning.POLICY
    return _Meaning.GONE if code in (550, 551, 553) and _NO_SUCH_USER.search(text) else _Meaning.READER


def _subject_detail(code: int, status: str | None) -> str:
    """ "5.1.1" with code 550 -> "1.1"; empty when there is none or it contradicts the code."""
    match = _STATUS_TEXT.fullmatch(status or "")
    if not match or int(match[2]) != code // 100:
        return ""
    return f"{int(match[3])}.{int(match[4])}"
