"""What an owner's text must be before it can be sent, said in sentences its writer can act on."""

from newsletter.content import markdown
from newsletter.content.lines import one_line
from newsletter.content.placeholders import TextError, parse, resolve
from newsletter.content.sheet import Names, has_blank


def check_text(subject: str, body: str) -> None:
    """Refuse what cannot be sent. Raises TextError: a line, what is wrong with it, what to do."""
    if not one_line(subject):
        raise TextError("The subject is empty. Please write one.")
    if not body.strip():
        raise TextError("The letter is empty. Please write one.")
    try:
        parse(subject)
    except TextError as error:
        raise TextError(f"subject, {error}") from None
    parts = parse(body)
    for named in (True, False):
        for line, target in markdown.link_targets(resolve(parts, named=named, hold=Names().hold)):
            _check_link(line, target)


def _check_link(line: int, target: str) -> None:
    if has_blank(target):
        raise TextError(f"line {line}: a link cannot hold a value of its reader; it would tell who pressed it.")
    if not target.startswith(markdown.SCHEMES):
        raise TextError(f'line {line}: the link "{target}" leads nowhere from an inbox. Write it whole: https://...')
