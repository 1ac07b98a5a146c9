"""Every kind of mail, byte by byte: what changes in a letter is seen in the diff of its golden file."""

from collections.abc import Callable

from tests.content.conftest import GOLDEN
from tests.content.samples import EVERY_MAIL, message_of


def test_every_mail_is_the_same_bytes_as_its_golden_file(mail: str, golden: Callable[[bytes], bytes]) -> None:
    message = message_of(mail)

    assert message == golden(message)


def test_every_golden_file_belongs_to_a_mail() -> None:
    assert {file.stem for file in GOLDEN.glob("*.eml")} == set(EVERY_MAIL)
