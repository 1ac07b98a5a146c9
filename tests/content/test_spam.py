"""Every kind of mail as SpamAssassin sees it, without asking the network."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.content.samples import EVERY_MAIL, message_of

MOST = 1.0
# A documentation address (RFC 5737) would cost 1.3 points as an illegal one.
ARRIVED = (
    b"Received: from mail.letters.example.org (mail.letters.example.org [93.184.216.34])\n"
    b"\tby mx.example.net with ESMTPS id 4cXb2; Thu, 26 Nov 2026 16:00:02 +0000\n"
)


@pytest.mark.parametrize("name", ["María", ""], ids=["to a name", "to nobody's name"])
def test_no_mail_looks_like_spam(tmp_path: Path, name: str) -> None:
    inbox = b"".join(
        b"From ana@letters.example.org Thu Nov 26 16:00:02 2026\n"
        + ARRIVED
        + message_of(mail, name).replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for mail in EVERY_MAIL
    )

    judged = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--mbox", "--cf", "use_bayes 0"],
        input=inbox,
        capture_output=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"},
    ).stdout.decode()

    verdicts = re.findall(r"^X-Spam-Status: (.*)", judged.replace("\n\t", " "), re.MULTILINE)
    scores = {
        mail: float(verdict.split("score=")[1].split()[0]) for mail, verdict in zip(EVERY_MAIL, verdicts, strict=True)
    }
    assert {mail: verdict for mail, verdict in zip(EVERY_MAIL, verdicts, strict=True) if scores[mail] > MOST} == {}
