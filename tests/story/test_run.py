"""`newsletter run`, as `make run` starts it: everything from one command, ended by one signal."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.story.house import eventually, free_port


class Service:
    """A service that runs, with the development inbox as its mail server."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.folder, self.port = folder, port
        self.log = folder / "run.log"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "NEWSLETTER_TIMEZONE": "Europe/Berlin",
            **settings,
        }
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "newsletter", "run", "--port", str(port)]
            self.process = subprocess.Popen(command, env=self.env, cwd=folder, stdout=log, stderr=log)

    def answers(self) -> bool:
        """Whether its pages are there."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.fetch("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def fetch(self, method: str, link: str, **form: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, urlsplit(link)._replace(scheme="", netloc="").geturl(), urlencode(form), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def inbox(self) -> list[str]:
        """The paths of the mails in the development inbox."""
        return sorted(set(re.findall(r'href="(/inbox/[^"?]+)"', self.fetch("GET", "/inbox")[1])))

    def ledger(self) -> list[dict[str, str]]:
        command = [sys.executable, "-m", "newsletter", "deliveries", "--json"]
        done = subprocess.run(command, env=self.env, cwd=self.folder, capture_output=True, check=True, timeout=60)
        found: list[dict[str, str]] = json.loads(done.stdout)
        return found

    def children(self) -> list[int]:
        """Every process below it."""
        found, seen = [self.process.pid], []
        while found:
            pid = found.pop()
            seen.append(pid)
            tasks = Path(f"/proc/{pid}/task")
            for task in tasks.iterdir() if tasks.exists() else ():
                found += map(int, (task / "children").read_text().split())
        return seen[1:]


@contextmanager
def running(folder: Path, port: int, **settings: str) -> Iterator[Service]:
    service = Service(folder, port, **settings)
    try:
        eventually(service.answers, "the service answers", within=90)
        yield service
    finally:
        children = service.children()
        if service.process.poll() is None:
            service.process.send_signal(signal.SIGTERM)
        status = service.process.wait(45)
        assert status == 0, service.log.read_text()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "no child outlives it")
        assert "Traceback" not in service.log.read_text()


def test_a_second_run_begins_soon_and_has_lost_nothing(tmp_path: Path) -> None:
    """No base URL is set: links, on the screen and in mails, begin with where the service listens."""
    port = free_port()
    with running(tmp_path, port) as service:
        assert service.fetch("POST", "/subscribe", email="maria@example.org", timezone="Europe/Berlin")[0] == 200
        eventually(lambda: len(service.inbox()) == 1, "the confirmation is in the inbox")
        (mail,) = service.inbox()
        source = service.fetch("GET", mail + "/source")[1].replace("=\r\n", "").replace("=\n", "")
        link = re.search(rf"http://127\.0\.0\.1:{port}/confirm/[\w-]{{43}}", source)
        assert link and service.fetch("POST", link[0])[0] == 200
        eventually(lambda: len(service.inbox()) == 2, "the welcome is in the inbox")
        before, mails = service.ledger(), service.inbox()
        log = service.log.read_text()
        assert f"http://127.0.0.1:{port}/admin/setup/" in log and f"http://127.0.0.1:{port}/inbox" in log

    with running(tmp_path, port) as service:
        assert time.monotonic() - service.began < 30
        assert service.inbox() == mails
        assert service.ledger() == before
        assert {row["state"] for row in before} == {"sent"}


def test_a_killed_service_takes_its_halves_along_and_leaves_the_port_to_the_next(tmp_path: Path) -> None:
    port = free_port()
    service = Service(tmp_path, port)
    eventually(service.answers, "the service answers", within=90)
    children = service.children()
    assert len(children) >= 3, "web, its process that answers, and a worker"
    service.process.kill()
    service.process.wait()
    try:
        with running(tmp_path, port) as again:
            eventually(lambda: not any(_lives(pid) for pid in children), "no child outlives a killed service")
            # Until then it may have been the dying one that answered.
            eventually(lambda: len(again.children()) >= 3 and again.answers(), "the next one answers", within=90)
    finally:
        for pid in filter(_lives, children):
            os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended may wait for somebody to ask how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_base_url_that_is_set_wins(tmp_path: Path) -> None:
    elsewhere = f"http://localhost:{free_port()}"
    with running(tmp_path, free_port(), NEWSLETTER_BASE_URL=elsewhere) as service:
        assert f"{elsewhere}/admin/setup/" in service.log.read_text()
        assert f"127.0.0.1:{service.port}" not in service.log.read_text()


def test_a_half_that_dies_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as service:
        direct = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
        web, worker = (int(pid) for pid in direct.read_text().split())
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: str(worker) not in direct.read_text().split(), "the dead worker is gone")
        eventually(lambda: len(direct.read_text().split()) == 2, "a new worker is there")
        assert str(web) in direct.read_text().split()
        assert service.fetch("POST", "/subscribe", email="maria@example.org")[0] == 200
        eventually(lambda: len(service.inbox()) == 1, "the new worker sends")


def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as service:
        command = [sys.executable, "-m", "newsletter", "web", "--port", str(service.port)]
        done = subprocess.run(command, env=service.env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert str(service.port) in done.stderr and done.stderr.count("\n") == 1, done.stderr
