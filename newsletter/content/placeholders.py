"""The personal values in an owner's words: `{{ name }}`, a few filters, and `{% if name %}`, nothing more.

Jinja2 parses, a whitelist of its syntax tree decides, and what is left is a tree of text, values and choices
that we walk ourselves. A language without loops needs no stopwatch: rendering is linear in the text.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from newsletter.content.lines import clean_text, one_line

LONGEST_TEXT = 60_000
"""Characters of an owner's text; more could never be a mail that Gmail shows whole."""

DEEPEST = 20
NAMELESS = "reader"
"""What stands for a name that we do not know. Not "friend": SpamAssassin holds "Dear friend" for spam (DEAR_FRIEND)."""

HELP = 'Letters know {{ name }}, {{ name | default("dear reader") }}, {% if name %}...{% else %}...{% endif %}.'

_FILTERS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "trim": str.strip,
    "capitalize": str.capitalize,
}
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.For: "a loop",
    nodes.Call: "a call",
    nodes.Getattr: "a dot after a value",
    nodes.Getitem: "a bracket after a value",
    nodes.Assign: "set",
    nodes.Macro: "a macro",
    nodes.Include: "include",
    nodes.Extends: "extends",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.FilterBlock: "a filter block",
    nodes.Test: "a test",
    nodes.Compare: "a comparison",
    nodes.Const: "a fixed value in braces",
}
_BEGINS = re.compile(r"(?:^|\n[ \t]*\n|(?: {2}|\\)\n|[.!?…][\"'”’)*_]*\s+|\n(?=[ \t]*[-+*>#]))[\s>#*_\-+“‘\"'(]*\Z")
_TAIL = 80
# Where a name only calls somebody, a sentence without it reads better than one with a word in its place.
_CALLS = re.compile(r"(?:,|\b(?P<greeting>hello|hi|hey|welcome|good (?:morning|day|evening|afternoon)))[ \t]+\Z", re.I)
_CALLED = re.compile(r"[.,;:!?…]|\s*(?:\n|\Z)")
_parser = SandboxedEnvironment(autoescape=True, keep_trailing_newline=True)


class TextError(ValueError):
    """Words that cannot be sent; the message tells their writer where and what to do."""


@dataclass(frozen=True, slots=True)
class Value:
    """The reader's name, passed through filters; `opens` says that it begins a sentence."""

    filters: tuple[tuple[str, str], ...] = ()
    opens: bool = False

    @property
    def has_default(self) -> bool:
        """Whether the writer has words of her own for a name that is not known."""
        return any(step == "default" for step, _ in self.filters)

    def said_to(self, name: str) -> str:
        """The words that stand here for someone of this name; "" is someone whose name we do not know."""
        words = name
        if not name and not self.has_default:
            words = NAMELESS.capitalize() if self.opens and not self.filters else NAMELESS
        for step, fallback in self.filters:
            words = (words or fallback) if step == "default" else _FILTERS[step](words)
        return words


@dataclass(frozen=True, slots=True)
class Choice:
    """Words for those whose name we know, and words for the others."""

    named: tuple["Part", ...]
    nameless: tuple["Part", ...]


Part = str | Value | Choice


def parse(source: str) -> tuple[Part, ...]:
    """Read an owner's text. Raises TextError with the line and the way out."""
    if len(source) > LONGEST_TEXT:
        raise TextError(f"This text is longer than {LONGEST_TEXT:,} characters. Please make two letters of it.")
    try:
        return _parts(_parser.parse(clean_text(source)).body, DEEPEST)
    except TemplateSyntaxError as error:
        raise TextError(f"line {error.lineno}: {error.message} {HELP}") from None
    except RecursionError:
        raise TextError("Too many brackets inside each other. " + HELP) from None
    except TextError:
        raise
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise TextError("A number this long cannot stand in a letter. " + HELP) from None


def resolve(parts: Iterable[Part], *, named: bool, hold: Callable[[Value], str]) -> str:
    """The text for readers with or without a name, each value replaced by what `hold` returns for it."""
    written: list[str] = []
    chosen = list(_chosen(parts, named))
    for part, after in zip(chosen, [*chosen[1:], ""], strict=False):
        if isinstance(part, str):
            written.append(part)
            continue
        before = "".join(written[-4:])[-_TAIL:]
        if not named and not part.has_default and (call := _call(before, after)):
            written = ["".join(written).removesuffix(call)]
        else:
            written.append(hold(Value(part.filters, opens=bool(_BEGINS.search(before)))))
    return "".join(written)


def _call(before: str, after: str | Value) -> str:
    """What goes with a name that is not known and only calls, such as ", " of "Come in, {{ name }}!"; else ""."""
    found = _CALLS.search(before)
    if not found or not isinstance(after, str) or not _CALLED.match(after):
        return ""
    return found[0].removeprefix(found["greeting"] or "")


def say(source: str, name: str) -> str:
    """A one-line text, such as a subject, as someone of this name reads it."""
    known = one_line(name)
    return one_line(resolve(parse(source), named=bool(known), hold=lambda value: value.said_to(known)))


def _chosen(parts: Iterable[Part], named: bool) -> Iterable[str | Value]:
    for part in parts:
        if isinstance(part, Choice):
            yield from _chosen(part.named if named else part.nameless, named)
        else:
            yield part


def _parts(body: Iterable[nodes.Node], depth: int) -> tuple[Part, ...]:
    found: list[Part] = []
    for node in body:
        match node:
            case nodes.Output():
                found.extend(_printed(child) for child in node.nodes)
            case nodes.If():
                found.append(_choice(node, depth))
            case _:
                raise _refused(node)
    return tuple(found)


def _printed(node: nodes.Node) -> Part:
    if isinstance(node, nodes.TemplateData):
        return node.data
    filters: list[tuple[str, str]] = []
    while isinstance(node, nodes.Filter):
        filters.append(_filter(node))
        if node.node is None or len(filters) > DEEPEST:
            raise _refused(node)
        node = node.node
    _expect_name(node)
    return Value(tuple(reversed(filters)))


def _filter(node: nodes.Filter) -> tuple[str, str]:
    if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        raise _refused(node)
    if node.name == "default":
        match node.args:
            # Writers who know Jinja2 add `true`: for them an empty name would not count as missing.
            case [nodes.Const(value=str(fallback))] | [
                nodes.Const(value=str(fallback)),
                nodes.Const(value=bool()),
            ]:
                return "default", one_line(fallback)
        raise TextError(
            f'line {node.lineno}: write the words in quotes, as in {{{{ name | default("dear reader") }}}}.'
        )
    if node.name not in _FILTERS or node.args:
        known = ", ".join(["default", *_FILTERS])
        raise TextError(f'line {node.lineno}: there is no filter "{node.name}" here. You can use {known}.')
    return node.name, ""


def _choice(node: nodes.If, depth: int) -> Choice:
    if depth == 0:
        raise TextError(f"line {node.lineno}: too many ifs inside each other. {HELP}")
    if node.elif_:
        raise TextError(f"line {node.elif_[0].lineno}: there is only one thing to ask, so write else, not elif. {HELP}")
    test, turned = node.test, False
    while isinstance(test, nodes.Not):
        test, turned = test.node, not turned
    _expect_name(test)
    first, second = _parts(node.body, depth - 1), _parts(node.else_, depth - 1)
    return Choice(second, first) if turned else Choice(first, second)


def _expect_name(node: nodes.Node) -> None:
    if not isinstance(node, nodes.Name):
        raise _refused(node)
    if node.name != "name":
        raise TextError(f'line {node.lineno}: there is no value called "{node.name}". {HELP}')


def _refused(node: nodes.Node) -> TextError:
    what = _REFUSED.get(type(node), "this")
    return TextError(f"line {node.lineno}: {what} cannot stand in a letter. {HELP}")
