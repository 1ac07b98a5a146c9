"""Each kind of mail in turn, and the golden file that it must equal."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.content.samples import EVERY_MAIL

GOLDEN = Path(__file__).with_name("golden")
RENEW = "GOLDEN_RENEW"
"""With this in the environment the golden files are written anew: GOLDEN_RENEW=1 pytest tests/content/test_golden.py"""


@pytest.fixture(params=EVERY_MAIL)
def mail(request: pytest.FixtureRequest) -> str:
    """The name of each kind of mail in turn."""
    return str(request.param)


@pytest.fixture
def golden(mail: str) -> Callable[[bytes], bytes]:
    """Call it with a message for the golden one."""
    file = GOLDEN / f"{mail}.eml"

    def kept(message: bytes) -> bytes:
        if os.environ.get(RENEW):
            file.write_bytes(message)
        return file.read_bytes()

    return kept
