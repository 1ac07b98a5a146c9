"""An owner saves articles, makes a course of them with one command, and has it published with three more."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.story.house import House

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "tests" / "content" / "articles"


def test_articles_of_every_shape_make_folders_that_load_and_publish(house: House) -> None:
    """Two courses of them, for together they are too long for one."""
    files = sorted(file for file in SHAPES.iterdir() if file.suffix in (".txt", ".md", ".html"))
    for slug, share in (("some", files[::2]), ("others", files[1::2])):
        saved = house.folder / f"saved-{slug}"
        saved.mkdir()
        for file in share:
            shutil.copy(file, saved)
        made = house.ask("course", "import", saved, "--slug", slug, "--title", "Quiet letters")
        assert made["lessons"][0].startswith("001-")
        assert "nothing to mend" in house.command("course", "check", house.folder / slug)
        house.command("course", "load", house.folder / slug)
        assert "Revision 1 is published." in house.command("course", "publish", slug)


def test_an_import_that_is_too_long_for_a_course_says_so(house: House) -> None:
    saved = house.folder / "saved"
    saved.mkdir()
    for file in SHAPES.iterdir():
        if file.suffix in (".txt", ".md", ".html"):
            shutil.copy(file, saved)

    told = house.command("course", "import", saved, "--slug", "shapes", "--title", "Quiet letters")
    assert "200 are the most: make two folders of it first." in told
    assert (house.folder / "shapes" / "001-abstract.md").exists()


def test_several_articles_may_come_in_one_file_and_in_many(house: House) -> None:
    made = house.ask(
        "course", "import", SHAPES / "several.txt", SHAPES / "steps.txt", "--slug", "two", "--title", "Two"
    )

    assert len(made["lessons"]) == 8 + 7
    told = house.ask("course", "show", house.folder / "two")
    assert told["lessons"][5]["sources"] == ["The Second Hello > What comes after"]
    assert [lesson["role"] for lesson in told["lessons"]] == ["opening", *["weekly"] * 13, "closing"]


def test_what_is_pasted_on_standard_input_becomes_a_course(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "newsletter",
        "course",
        "import",
        "-",
        "--slug",
        "s",
        "--title",
        "S",
    ]
    with (SHAPES / "steps.txt").open("rb") as pasted:
        done = subprocess.run(
            command,
            stdin=pasted,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
        )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "s").glob("*.md"))) == 7


EMPTY, BINARY, LARGE = b" \n\n", bytes(range(256)) * 40, b"words and words " * 400_000


@pytest.mark.parametrize(
    ("saved", "because"),
    [
        ({"a.txt": EMPTY}, "a.txt is empty"),
        ({"a.txt": b"Title\n\nWords enough to be read as one article.\n", "b.txt": BINARY}, "b.txt is not text"),
        ({"a.txt": LARGE}, "a.txt is larger than 5 MB"),
        ({"a.txt": LARGE[:4_999_999]}, "a.txt: this is more text than an article has"),
        ({"a.pdf": b"%PDF-1.7"}, "holds no article; save them there as .txt, .md or .html."),
        ({}, "holds no article"),
    ],
    ids=["empty", "binary", "over 5 MB", "nearly 5 MB", "another kind", "no file"],
)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_written(
    house: House, saved: dict[str, bytes], because: str
) -> None:
    folder = house.folder / "saved"
    folder.mkdir()
    for name, content in saved.items():
        (folder / name).write_bytes(content)

    said = house.refused("course", "import", folder, "--slug", "quiet", "--title", "Quiet letters")

    assert because in said.err
    assert said.err.count("\n") == 1
    assert not (house.folder / "quiet").exists()


def test_a_place_that_cannot_be_written_is_named(house: House) -> None:
    file = house.folder / "a-file"
    file.write_text("no folder")

    said = house.refused("course", "import", SHAPES / "steps.txt", "--slug", "s", "--title", "S", "--into", file / "in")

    assert "a-file/in cannot be written: not a directory." in said.err


def test_a_changed_article_becomes_a_draft_that_tells_what_it_would_do(house: House) -> None:
    article = house.folder / "bread.md"
    words = "Bread is slow, and that is its gift to whoever waits for it with patience and an empty plate. " * 8
    article.write_text(f"# Bread\n\n{words}\n\n## Flour\n\n{words}One.\n\n## Water\n\n{words}Two.\n")
    house.ask("course", "import", article, "--slug", "bread", "--title", "Bread")
    house.command("course", "load", house.folder / "bread")
    house.command("course", "publish", "bread")

    article.write_text(article.read_text().replace("## Water", "## Of water") + f"\n## Fire\n\nA fire. {words}Three.\n")
    proposed = house.ask("course", "import", article, "--slug", "bread", "--title", "Bread")
    told = {one["key"]: (one["state"], one["was_called"]) for one in proposed["differences"]}
    assert (told["water"], told["fire"]) == (("changed", "Water"), ("new", ""))
    assert proposed["draft"] and proposed["folder"] is None
    ahead = house.ask("course", "publish", "bread", "--dry-run")
    assert [one["key"] for one in ahead["lessons"] if one["is_new"]] == ["fire"]
    assert (ahead["inside"], ahead["twice"]) == (0, 0)
    lines = house.command("course", "publish", "bread", "--dry-run", "--late", "fire=nobody")
    assert "new, for nobody who has begun" in lines and "a letter twice: nobody" in lines
    assert "Revision 2 is published." in house.command("course", "publish", "bread")
