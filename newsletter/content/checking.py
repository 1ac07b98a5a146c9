"""What an owner's text must be before it can be sent, said in sentences its writer can act on."""

import re

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


def look_alikes(text: str) -> list[str]:
    """What looks like a personal value of another program, and would be printed as it stands."""
    return list(dict.fromkeys(_LOOK_ALIKE.findall(text)))


def _check_link(line: int, target: str) -> None:
    if has_blank(target):
        raise TextError(f"line {line}: a link cannot hold a value of its reader; it would tell who pressed it.")
    if not target.startswith(markdown.SCHEMES):
        raise TextError(f'line {line}: the link "{target}" leads nowhere from an inbox. Write it whole: https://...')
