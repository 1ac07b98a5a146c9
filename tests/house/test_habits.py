"""The habits of the house that no linter knows. Who may import whom is import-linter's part, in pyproject.toml."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {"var", "dist", "build", "node_modules", "__pycache__"}  # and every folder with a dot, but for .ci

MODULES = sorted((ROOT / "newsletter").rglob("*.py"))
LISTS = re.compile(r"newsletter/store/(tables\.py|migrations/versions/.*)")  # of columns: as long as what they list
TO_READ = [path for path in MODULES if not LISTS.fullmatch(path.relative_to(ROOT).as_posix())]

# One looks again at 200 and 40; here it ends.
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50

# What asks the system for the time: (owner's name, attribute). An owner is the last name before the dot.
BUSINESS_TIME = {
    *(("datetime", name) for name in ("now", "utcnow", "today")),
    ("date", "today"),
    *(("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")),
    *(("func", name) for name in ("now", "current_timestamp", "current_date", "localtimestamp")),
    *(("utils", name) for name in ("formatdate", "localtime")),
}
MACHINE_TIME = {("time", "monotonic"), ("time", "monotonic_ns")}
OWN_A_CLOCK = {"newsletter/app.py", "newsletter/clocks.py"}
MEASURE_TIME = OWN_A_CLOCK | {
    "newsletter/processes.py",
    "newsletter/cli/bench.py",
    "newsletter/usecases/outbox.py",
    "newsletter/web/evenly.py",
}  # and all of mail: timeouts, pacing


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file of the project; without git, which a bare machine has not."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in NOT_OURS and (each == ".ci" or not each.startswith("."))]
        for file in files:
            try:
                yield name(Path(folder, file)), Path(folder, file).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_module_is_named_after_having_no_room_of_its_own() -> None:
    homeless = re.compile(r"((.*_)?(utils?|helpers?|common|misc|managers?)(_.*)?|base.*|.*_base)(\.py)?")
    everywhere = map(name, [*MODULES, *(ROOT / "tests").rglob("*.py")])

    assert [module for module in everywhere if any(map(homeless.fullmatch, module.split("/")))] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    first, *_ = (ast.get_docstring(tree(path)) or "").split("\n\n")

    assert re.fullmatch(r"[A-Z`].*[.?!]", first, re.DOTALL), f"{name(path)} opens with {first!r}"


@pytest.mark.parametrize("path", TO_READ, ids=name)
def test_modules_and_functions_fit_in_the_head(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    functions = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert lines <= LONGEST_MODULE
    assert {each: length for each, length in functions.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_the_top_asks_the_system_for_the_time(path: Path) -> None:
    forbidden = set() if name(path) in OWN_A_CLOCK else set(BUSINESS_TIME)
    if name(path) not in MEASURE_TIME and not name(path).startswith("newsletter/mail/"):
        forbidden |= MACHINE_TIME

    assert [f"line {line}: {'.'.join(asked)}" for asked, line in _names_asked(tree(path)) if asked in forbidden] == []


def _names_asked(module: ast.Module) -> Iterator[tuple[tuple[str, str], int]]:
    """Every `owner.attribute`, and every `from owner import attribute`, with its line."""
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attribute):
                yield (owner, attribute), node.lineno
            case ast.ImportFrom(module=str(owner), names=names):
                yield from (((owner.rpartition(".")[2], alias.name), node.lineno) for alias in names)


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b|NotImplemented[E]rror")
    ours = [(file, text) for file, text in texts() if file.startswith(("newsletter/", "templates/", "tests/"))]

    assert [file for file, text in ours if "/vendor/" not in file and later.search(text)] == []


def test_no_file_says_where_packages_come_from() -> None:
    """Which mirror to ask is the business of the machine, not of the project."""
    registries = re.compile(
        r"pypi\.(org|python\.org)|pythonhosted\.org|registry\.(npmjs\.org|yarnpkg\.com)|(deb|security)\.debian\.org"
        r"|--(extra-)?index[-]url|\"resolved\"[:] \"http"
    )

    assert [file for file, text in texts() if registries.search(text)] == []
