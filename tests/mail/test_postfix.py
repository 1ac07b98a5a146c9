"""A second opinion: what the real Postfix says of our sender, with TLS both ways."""

import os
import re
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from newsletter.domain.delivery import Failed, Sent
from newsletter.domain.message import Outgoing
from newsletter.mail.relay import Relay
from newsletter.mail.smtp import SmtpTransport
from tests.mail.a_postfix import Postfix, a_postfix
from tests.mail.certificates import Certificate, make_certificate
from tests.mail.letters import PATIENT, letter, post

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix changes users, which only root may")

MANY = 300
NOT_YET_TALKING = {"CONNECT", "EHLO", "STARTTLS"}
"""Where a connection may be lost: one that was still being opened when the last letter had found its way."""
AWKWARD = b".\r\n..\r\n.dot first\r\n\r\n" + "Grüße, 午後. \r\n".encode() + b"x" * 900 + b"\r\n.\r\nthe end\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def postfix(certificate: Certificate) -> Iterator[Postfix]:
    with tempfile.TemporaryDirectory(prefix="postfix") as folder, a_postfix(Path(folder), certificate) as server:
        yield server


def letters() -> Iterator[Outgoing]:
    for number in range(1, MANY + 1):
        to = "nobody@example.com" if number % 50 == 0 else ""
        yield letter(number, to=to, body=AWKWARD + b"%d\r\n" % number)


def test_postfix_takes_every_letter_once_and_word_for_word(postfix: Postfix, certificate: Certificate) -> None:
    waiting, answers = letters(), {}
    for port, security, many in (postfix.starttls, "starttls", MANY // 2), (postfix.implicit, "implicit", MANY):
        relay = Relay("127.0.0.1", port, security, ca_file=str(certificate.file))
        share = islice(waiting, many)
        answers |= post(SmtpTransport(relay, 10, timeouts=PATIENT), lambda most, share=share: list(islice(share, most)))

    refused = {number for number, outcome in answers.items() if isinstance(outcome, Failed)}
    assert refused == set(range(50, MANY + 1, 50)), "and nobody beside them in the pipeline"
    assert all(isinstance(answers[number], Sent) for number in set(range(1, MANY + 1)) - refused)
    kept = [one.partition(b"From: b@example.org\n") for one in postfix.kept(MANY - len(refused))]
    assert sorted(b"".join(ours) for _, *ours in kept) == sorted(
        message.data.replace(b"\r\n", b"\n") for message in letters() if message.delivery not in refused
    )
    assert all(b"with ESMTPS" in received for received, *_ in kept)
    assert "improper command pipelining" not in postfix.log()
    assert set(re.findall(r"(?:lost connection|timeout) after (\S+)", postfix.log())) <= NOT_YET_TALKING
