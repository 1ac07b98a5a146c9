"""What somebody may get wrong: one clear line, an exit status that says which, nothing lost, never a traceback."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripted_smtp import ScriptedSmtp
from tests.story.house import DAY, HOUR, House, free_port

LIVE = {
    "NEWSLETTER_SMTP_URL": "smtp://relay.example.org:587",
    "NEWSLETTER_BASE_URL": "https://letters.example.org",
    "NEWSLETTER_SENDER": "Letters <letters@example.org>",
    "NEWSLETTER_POSTAL_ADDRESS": "1 Main Street, Springfield",
}
ROOT = Path(__file__).parents[2]
NOBODY = os.geteuid() == 0
"""Root may write everywhere, so a test of what may not be written is run as somebody else."""


def newsletter(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The program the long way, in an empty folder, warnings being errors."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "NEWSLETTER_DATA_DIR": str(folder / "var"), **settings}
    command = [sys.executable, "-W", "error", "-m", "newsletter", *arguments]
    return subprocess.run(
        command, env=env | {"PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, text=True, timeout=90
    )


def is_refused(done: subprocess.CompletedProcess[str], *, status: int, because: str) -> None:
    assert done.returncode == status, done
    assert because in done.stderr and "Traceback" not in done.stderr, done
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("command", "wrong", "because"),
    [
        ("run", {"NEWSLETTER_BASE_URL": "http://letters.example.org"}, "NEWSLETTER_BASE_URL"),
        ("run", {"NEWSLETTER_BASE_URL": "https://127.0.0.1"}, "NEWSLETTER_BASE_URL"),
        ("run", {"NEWSLETTER_SENDER": ""}, "NEWSLETTER_SENDER"),
        ("worker", {"NEWSLETTER_POSTAL_ADDRESS": ""}, "NEWSLETTER_POSTAL_ADDRESS"),
        ("tick", {"NEWSLETTER_CLOCK": "2026-02-02T10:00Z"}, "NEWSLETTER_CLOCK"),
        ("web", {"NEWSLETTER_CLOCK": "2026-02-02T10:00Z"}, "NEWSLETTER_CLOCK"),
    ],
    ids=["no https", "not public", "no sender", "no postal address", "a set clock", "a set clock in the web"],
)
def test_mail_that_can_leave_needs_an_honest_letterhead(tmp_path: Path, command: str, wrong, because: str) -> None:
    done = newsletter(tmp_path, command, **{**LIVE, **wrong})
    is_refused(done, status=1, because=because)
    assert done.stderr.count("\n") == 1, done
    assert list(tmp_path.iterdir()) == [], "a refusal leaves nothing behind"


def test_every_mistake_in_the_settings_is_named_in_a_line_of_its_own(tmp_path: Path) -> None:
    wrong = {"TIMEZONE": "Mars/Olympus", "SMTP_CONNECTIONS": "0", "SENDER": "not an address", "TRUSTED_PROXIES": "many"}
    done = newsletter(tmp_path, "run", **{f"NEWSLETTER_{name}": value for name, value in wrong.items()})
    for name in wrong:
        is_refused(done, status=1, because=f"NEWSLETTER_{name}")
    assert done.stderr.count("\n") == len(wrong)


def test_a_slip_in_the_name_of_a_setting_is_one_line_and_stops_nothing(tmp_path: Path) -> None:
    done = newsletter(tmp_path, "db", "upgrade", NEWSLETTER_TIMEZON="Europe/Berlin")

    assert done.returncode == 0, done
    told = "NEWSLETTER_TIMEZON is no setting, and does nothing. Did you mean NEWSLETTER_TIMEZONE?\n"
    assert done.stderr == told


def test_a_course_that_is_not_there_keeps_the_service_from_starting(tmp_path: Path) -> None:
    wrong = {"NEWSLETTER_COURSE": "nope"}
    begun = newsletter(tmp_path, "run", "--port", str(free_port()), **wrong)
    looked = newsletter(tmp_path, "db", "check", **wrong)
    told = newsletter(tmp_path, "doctor", "--json", **wrong)
    settings = next(light for light in json.loads(told.stdout)["lights"] if light["name"] == "settings")

    for done in (begun, looked):
        is_refused(done, status=1, because="NEWSLETTER_COURSE names “nope”, and there is no such course.")
        assert "newsletter course list" in done.stderr and done.stderr.count("\n") == 1
    assert told.returncode == 1 and not settings["ok"]
    assert "NEWSLETTER_COURSE names “nope”" in settings["sentence"]
    assert newsletter(tmp_path, "db", "check", NEWSLETTER_COURSE="").returncode == 0


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        ({"NEWSLETTER_DATABASE_URL": "mysql://x/y"}, "NEWSLETTER_DATABASE_URL"),
        (
            {"NEWSLETTER_DATABASE_URL": "postgresql+psycopg://x@/nothing?host=/nowhere"},
            "The database cannot be reached",
        ),
        ({"NEWSLETTER_SMTP_URL": "http://127.0.0.1"}, "NEWSLETTER_SMTP_URL"),
        ({"NEWSLETTER_CLOCK": "soon"}, "NEWSLETTER_CLOCK"),
        ({"NEWSLETTER_SECRET_KEY": "short"}, "NEWSLETTER_SECRET_KEY"),
        ({"NEWSLETTER_DKIM_DOMAIN": "example.org"}, "DKIM"),
        ({"NEWSLETTER_DKIM_ED25519_SELECTOR": "e2026"}, "NEWSLETTER_DKIM_ED25519_KEY_FILE"),
        ({}, "newsletter db upgrade"),
    ],
    ids=[
        "database kind",
        "no such database",
        "smtp kind",
        "clock",
        "short key",
        "half of dkim",
        "half of a second key",
        "no tables yet",
    ],
)
def test_a_setting_that_cannot_work_is_one_line(tmp_path: Path, settings: dict[str, str], because: str) -> None:
    done = newsletter(tmp_path, "tick", **settings)
    is_refused(done, status=1, because=because)
    assert done.stderr.count("\n") == 1, done


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o555)
    command = [sys.executable, "-m", "newsletter", "db", "upgrade"]
    env = {"PATH": os.environ["PATH"], "NEWSLETTER_DATA_DIR": str(tmp_path / "var"), "PYTHONPATH": str(ROOT)}
    if NOBODY and not may_read_the_program():
        blocked = tmp_path / "var" / "file"  # root may write everywhere, but not below a file
        (tmp_path / "var").chmod(0o755)
        blocked.write_text("")
        env["NEWSLETTER_DATA_DIR"] = str(blocked / "var")
        who = {}
    else:
        tmp_path.parent.chmod(0o755)
        who = {"user": "nobody", "group": "nogroup", "extra_groups": []} if NOBODY else {}
    done = subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, timeout=60, **who)
    is_refused(done, status=1, because="data folder")
    assert done.stderr.count("\n") == 1, done


def may_read_the_program() -> bool:
    as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    try:
        return subprocess.run([sys.executable, "-c", "import click"], capture_output=True, **as_nobody).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize(
    ("arguments", "status", "because"),
    [
        (["course", "preview", "belonging", "--timezone", "Mars/Olympus"], 1, "is not a zone we know"),
        (["course", "preview", "unknown"], 1, "There is no course"),
        (["course", "show", "unknown"], 1, "There is no course"),
        (["course", "publish", "unknown"], 1, "There is no course"),
        (["campaign", "status", "unknown"], 1, "There is no campaign"),
        (["campaign", "queue", "unknown"], 1, "There is no campaign"),
        (["campaign", "pause", "x" * 5000], 1, "There is no campaign"),
        (["campaign", "test", "unknown", "not-an-address"], 1, "address"),
        (["campaign", "create", "--subject", "S", "--body", "missing.md"], 2, "missing.md"),
        (["campaign", "create", "--subject", "S"], 2, "--body"),
        (["deliveries", "--campaign", "unknown"], 1, "There is no campaign"),
        (["deliveries", "--subscriber", "nobody@example.org"], 1, "Nobody with this address"),
        (["deliveries", "--subscriber", "not an address"], 1, "address"),
        (["deliveries", "--state", "lost"], 2, "lost"),
        (["subscriber", "show", "nobody@example.org"], 1, "Nobody with this address"),
        (["subscriber", "pause", "nobody@example.org", "--until", "2026-13-45"], 2, "2026-13-45"),
        (["tick", "--now", "yesterday"], 2, "yesterday"),
        (["tick", "--until", "2026-02-03", "--step", "soon"], 2, "--step"),
        (["tick", "--step", "0m"], 2, "--step"),
        (["list", "create", "Not A Slug", "--title", "T"], 1, "slug"),
        (["admin", "create", "not-an-address"], 1, "address"),
        (["nonsense"], 2, "nonsense"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
@pytest.mark.parametrize("furnished_url", ["sqlite"], indirect=True)
def test_a_wrong_word_on_the_command_line_is_one_line(house: House, arguments, status: int, because: str) -> None:
    said = house.refused(*arguments)
    assert said.status == status
    assert because in said.err and said.err.count("\n") == 1, said


def test_a_mail_server_that_is_away_costs_nothing(open_house) -> None:
    """Nobody listens at its port: one clear sentence, no attempt burned, all delivered when it is back."""
    house: House = open_house()
    port = house.smtp.port
    house.smtp.stop()
    maria = house.sign_up("maria@example.org")
    for _ in range(3):
        house.now += HOUR
        said = house.begin("tick", "--now", house.now.isoformat()).wait()
        assert (said.status, said.err.count("\n")) == (0, 1) and "cannot be reached" in said.err, said
    assert [(row["state"], row["attempts"]) for row in house.ledger()] == [("queued", 0)]
    assert house.get("/readyz").text == "ready, but the relay is down\n"

    with ScriptedSmtp(port=port) as back:
        house.smtp = back
        house.machine_time_passes(DAY)
        assert house.tick()["sent"] == 1
        assert house.get("/readyz").text == "ready\n"
        maria.confirm()
        house.tick()
        assert len(maria.inbox) == 2
        house.audit()


def test_a_page_never_shows_what_broke(house: House) -> None:
    house.open_doors()
    pages = [
        house.knock("POST", "/subscribe", "email=" + "a" * 10_000_000),
        house.post("/subscribe", email="not an address"),
        house.post("/subscribe", email="maria@example.org", list="unknown"),
        house.post("/subscribe", email="mar\u0131a@example.org"),
        house.post("/subscribe"),
        house.knock("POST", "/subscribe", "\x00\xff%%%&&&==="),
        house.get("/confirm/" + "A" * 43),
        house.post("/confirm/" + "A" * 43),
        house.post("/unsubscribe/" + "A" * 43),
        house.post("/preferences/" + "A" * 43, action="pause", weeks="4"),
        house.get("/letters/x"),
        house.get("/nothing"),
        house.knock("DELETE", "/subscribe"),
        house.knock("POST", "/unsubscribe/" + "A" * 43, "List-Unsubscribe=One-Click"),
    ]
    assert [page.status for page in pages] == [413, 400, 400, 400, 400, 400, 404, 404, 404, 404, 404, 404, 405, 404]
    assert not [page for page in pages if "Traceback" in page.text or "Error" in page.text]
    house.tick()
    assert house.post_office == []


def test_an_unknown_zone_and_a_wild_wish_are_told_in_a_sentence(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    before = maria.portrait()
    link = maria.letters[0].link("preferences")
    for wish in (
        {"action": "rhythm", "hour": "9", "weekday": "", "timezone": "Mars/Olympus"},
        {"action": "rhythm", "hour": "24", "weekday": "", "timezone": "UTC"},
        {"action": "rhythm", "hour": "9", "weekday": "7", "timezone": "UTC"},
        {"action": "rhythm", "hour": "\u0663", "weekday": "", "timezone": "UTC"},
        {"action": "pause", "weeks": "-1"},
        {"action": "nonsense"},
        {},
    ):
        page = house.post(link, **wish)
        assert page.status == 400 and "Please" in page.text, wish
    assert maria.portrait() == before


@pytest.mark.parametrize("furnished_url", ["sqlite"], indirect=True)
def test_a_full_queue_survives_a_data_folder_that_was_moved(house: House) -> None:
    """The mail that waits is in the database alone: a copy of the folder goes on where the original stopped."""
    maria = house.sign_up("maria@example.org")
    house.close_doors()
    moved = house.folder / "moved"
    shutil.move(house.folder / "var", moved)
    house.settings["NEWSLETTER_DATA_DIR"] = str(moved)
    house.database_url = f"sqlite:///{moved}/newsletter.db"
    house.tick()
    maria.confirm()
    house.tick()
    assert len(maria.inbox) == 2
