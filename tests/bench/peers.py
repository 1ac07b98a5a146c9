"""What others need to send so many messages to the test server: each a function of (messages, port, size in bytes).

Every one returns messages a second, over the time in which it sent; none of them keeps a ledger.
"""

import os
import shutil
import smtplib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NODEMAILER = "nodemailer@7.0.10"
CONNECTIONS = 10
_HERE = Path(__file__).parent


def smtp_source(messages: int, port: int, size: int) -> float:
    """Postfix's own test client in C: ten sessions, connections kept."""
    words = ["smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(size)]
    began = time.perf_counter()
    subprocess.run([*words, "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"], check=True)
    return messages / (time.perf_counter() - began)


class Nodemailer:
    """Node's best-known mailer, with its pool of ten connections; `raw` sends bytes that are ready."""

    def __init__(self, folder: Path, *, raw: bool) -> None:
        """Installs it into `folder` when it is not there."""
        self._folder = folder
        self._raw = raw
        if not (folder / "node_modules" / "nodemailer").exists():
            subprocess.run(["npm", "install", "--silent", "--prefix", folder, NODEMAILER], check=True)
        shutil.copy(_HERE / "nodemailer.mjs", folder)

    def __call__(self, messages: int, port: int, size: int) -> float:
        """Its speed."""
        words = ["node", "nodemailer.mjs", str(port), str(messages), str(size), "raw" if self._raw else "composed"]
        done = subprocess.run(words, cwd=self._folder, check=True, capture_output=True, text=True)
        return messages / float(done.stdout)


def python_smtplib(messages: int, port: int, size: int) -> float:
    """The standard library's client on ten threads, a connection each, with bytes that are ready."""
    words = [sys.executable, "-m", "tests.bench.peers", str(messages), str(port), str(size)]
    done = subprocess.run(words, cwd=_HERE.parents[1], check=True, capture_output=True, text=True)
    return messages / float(done.stdout)


def _send_with_smtplib(messages: int, port: int, size: int) -> float:
    line = b"To belong is to be known and still be asked to stay, week after week.\r\n"
    message = b"Subject: A letter\r\n\r\n" + line * (size // len(line))

    def send(share: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for _ in range(share):
                server.sendmail("a@example.org", ["b@example.org"], message)

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(send, [messages // CONNECTIONS] * CONNECTIONS))
    return time.perf_counter() - began


if __name__ == "__main__":
    os.write(1, str(_send_with_smtplib(*map(int, sys.argv[1:]))).encode())
