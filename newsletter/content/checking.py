"""What an owner's text must be before it can be sent, said in sentences its writer can act on."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.content import markdown
from newsletter.content.lines import one_line
from newsletter.content.placeholders import TextError, parse, resolve
from newsletter.content.sheet import Names, has_blank

_LOOK_ALIKE = re.compile(
    r"(?<!\{)\{ ?[A-Za-z_]{2,20} ?\}(?!\})|\$\{[A-Za-z_.]{2,30}\}|\*\|[A-Z_:]{2,30}\|\*|%[A-Za-z_]{2,20}%"
    r"|\[(?:your |first |last )?name\](?!\()|<<[A-Za-z _]{2,30}>>",
    re.IGNORECASE,
)
"""{name}, ${name}, *|FNAME|*, %name%, [name], <<name>>: what five well-known programs write."""

_MAILBOX = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62}\.?")
_INVENTED = {"example", "invalid", "test", "localhost", "local", "internal"}
"""Top-level names that lead nowhere (RFC 2606, RFC 6762)."""
_EXAMPLE = re.compile(r"(?:^|\.)example\.(?:com|net|org)\.?\Z")
_TWICE = re.compile(r"\A//(?:https?:?/{0,2}|www\.www\.)", re.IGNORECASE)
_TRAILS = re.compile(r"[.,;:!?\u2019\u201d]\Z")


def check_text(subject: str, body: str) -> None:
    """Refuse what cannot be sent. Raises TextError: a line, what is wrong with it, what to do."""
    check_subject(subject)
    check_body(body)


def check_subject(subject: str) -> None:
    """Refuse a subject that cannot be sent. Raises TextError."""
    if not one_line(subject):
        raise TextError("The subject is empty. Please write one.")
    try:
        parse(subject)
    except TextError as error:
        raise TextError(f"subject, {error}") from None


def check_body(body: str) -> None:
    """Refuse a letter's text that cannot be sent. Raises TextError."""
    if not body.strip():
        raise TextError("The letter is empty. Please write one.")
    parts = parse(body)
    for named in (True, False):
        for line, target in markdown.link_targets(resolve(parts, named=named, hold=Names().hold)):
            _check_link(line, target)


def open_links(body: str) -> list[tuple[int, str]]:
    """Links that travel without encryption (http://), as (line, target) pairs, of a text that `check_body` passes."""
    words = resolve(parse(body), named=True, hold=Names().hold)
    return [(line, target) for line, target in markdown.link_targets(words) if target.startswith("http://")]


def doubtful_links(body: str) -> list[tuple[int, str]]:
    """Links that may lead nowhere, as (line, sentence) pairs, of a text that `check_body` passes."""
    words = resolve(parse(body), named=True, hold=Names().hold)
    found = [(line, target, _doubt(target)) for line, target in markdown.link_targets(words)]
    told = [(line, f"The link “{target}” {doubt}") for line, target, doubt in found if doubt]
    told += [
        (line, f"“{said}” is no link yet. Write [words](https://…).") for line, said in markdown.unmade_links(words)
    ]
    return sorted(told)


def printed_tags(body: str) -> list[tuple[int, str]]:
    """HTML in a letter's text, as (line, tag) pairs: it would be printed as it stands."""
    return markdown.printed_tags(resolve(parse(body), named=True, hold=Names().hold))


def nameless_pictures(body: str) -> list[int]:
    """The lines of pictures without a description, which is all that a letter shows of a picture."""
    words = resolve(parse(body), named=True, hold=Names().hold)
    return [line for line, description in markdown.pictures(words) if not description.strip()]


def look_alikes(text: str) -> list[str]:
    """What looks like a personal value of another program, and would be printed as it stands."""
    return list(dict.fromkeys(_LOOK_ALIKE.findall(text)))


def _doubt(target: str) -> str:
    """Why a link may be broken, as the end of a sentence that begins with it."""
    scheme, _, rest = target.partition(":")
    if scheme == "mailto":
        address = rest.partition("?")[0]
        return "" if _MAILBOX.fullmatch(address) else "names no address. Write mailto:name@example.com."
    if scheme == "tel":
        return "" if sum(sign.isdigit() for sign in rest) >= 3 else "names no number."
    if _TWICE.search(rest):
        return "begins twice."
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "cannot be read as an address."
    if host == "localhost" or not (_HOST.fullmatch(host) or _is_public(host)):
        return "names no host on the internet."
    if host.rpartition(".")[2] in _INVENTED or _EXAMPLE.search(host):
        return "is an example’s. Put the real one there."
    if _TRAILS.search(target):
        return "ends in a sign that may belong to the sentence and not to the address."
    return ""


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


def _check_link(line: int, target: str) -> None:
    if has_blank(target):
        raise TextError(f"line {line}: a link cannot hold a value of its reader; it would tell who pressed it.")
    if not target.startswith(markdown.SCHEMES):
        raise TextError(f'line {line}: the link "{target}" leads nowhere from an inbox. Write it whole: https://...')
