"""What Lighthouse says of the pages a reader meets first: starts the service as `newsletter run` does, and asks.

    npm install --prefix SOMEWHERE lighthouse
    LIGHTHOUSE=SOMEWHERE/node_modules/.bin/lighthouse .venv/bin/python -m tests.pictures.lighthouse

Prints one line a page and device; exits with 1 when a mark is below what docs/look.md promises.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from newsletter.mail.inbox import CapturedMail, newest
from tests.chromium import CHROMIUM

LIGHTHOUSE = os.environ.get("LIGHTHOUSE", "lighthouse")
BASE = "http://127.0.0.1:8765"
PROMISED = {"accessibility": 100, "best-practices": 100, "performance": 95}
DEVICES = {"phone": [], "desk": ["--preset=desktop"]}
PATIENCE = 60
"""Seconds that the service has to start, and a mail to come."""


def main() -> int:
    """Ask about every page on every device. Returns 1 when a mark is too low."""
    low = 0
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder)):
        for name, address in _pages(Path(folder)).items():
            for device, words in DEVICES.items():
                marks = _marks(address, words, Path(folder) / "report.json")
                said = "  ".join(f"{kind} {mark}" for kind, mark in marks.items())
                sys.stdout.write(f"{name:10} {device:6} {said}\n")
                low |= any(marks[kind] < least for kind, least in PROMISED.items())
    return int(low)


@contextmanager
def _service(folder: Path) -> Iterator[None]:
    """The whole service, with mail that stays on this machine."""
    settings = {"NEWSLETTER_DATA_DIR": str(folder), "NEWSLETTER_BASE_URL": BASE, "NEWSLETTER_TIMEZONE": "UTC"}
    words = [str(Path(sys.executable).with_name("newsletter")), "run", "--port", BASE.rpartition(":")[2]]
    service = subprocess.Popen(words, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        _wait_for(_answers)
        yield
    finally:
        service.terminate()
        service.wait()


def _pages(folder: Path) -> dict[str, str]:
    """The address of each page, on a way that a reader goes."""
    _post("/subscribe", email="maria@example.org", name="Maria", timezone="UTC")
    _post(_link(folder, "maria@example.org", "confirm"))
    letter = _link(folder, "maria@example.org", "letters")
    _post("/subscribe", email="jo@example.org", name="Jo")
    asked = _link(folder, "jo@example.org", "confirm")
    pages = {"sign-up": "/", "confirm": asked, "letter": letter, "example": "/example"}
    return {name: BASE + path for name, path in pages.items()}


def _marks(address: str, words: list[str], report: Path) -> dict[str, int]:
    """The marks of one page, 0 to 100 each."""
    command = [LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}", *words]
    command += [f"--only-categories={','.join(PROMISED)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    subprocess.run(command, env=os.environ | {"CHROME_PATH": CHROMIUM}, check=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    return {kind: round(category["score"] * 100) for kind, category in found["categories"].items()}


def _link(folder: Path, to: str, room: str) -> str:
    """The path of the first link to a room in the newest mails to somebody, as soon as it has come."""

    def look() -> str:
        mails: list[CapturedMail] = newest(folder / "inbox", 20)
        found = [re.search(rf"/{room}/[\w-]+", mail.text) for mail in mails if to in mail.to]
        return next((one[0] for one in found if one), "")

    return _wait_for(look)


def _wait_for(look: Callable[[], str]) -> str:
    for _ in range(PATIENCE * 5):
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError("the service does not answer")


def _answers() -> str:
    try:
        with urlopen(BASE + "/readyz") as answer:
            return str(answer.status)
    except OSError:
        return ""


def _post(path: str, **form: str) -> None:
    with urlopen(BASE + path, data=urlencode(form).encode()):
        pass


if __name__ == "__main__":
    sys.exit(main())
