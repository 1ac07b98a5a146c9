"""Where links lead when nobody has said it: to where the web half listens."""

import os
from pathlib import Path

import pytest

from newsletter.settings import keep_address, load, take_address


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEWSLETTER_BASE_URL", "")  # so that it is put back afterwards


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("::", "http://[::1]:8123"),
        ("192.0.2.7", "http://192.0.2.7:8123"),
    ],
)
def test_links_begin_with_where_one_listens(host: str, base: str) -> None:
    take_address(host, 8123)
    assert load().base_url == base
    assert os.environ["NEWSLETTER_BASE_URL"] == base, "children are told"


def test_a_base_url_of_the_environment_or_the_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NEWSLETTER_BASE_URL=https://letters.example.org\n")
    take_address("127.0.0.1", 8123)
    assert load().base_url == "https://letters.example.org"
    monkeypatch.setenv("NEWSLETTER_BASE_URL", "https://other.example.org")
    take_address("127.0.0.1", 8123)
    assert load().base_url == "https://other.example.org"


def test_a_command_beside_the_service_makes_links_to_where_that_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_DATA_DIR", str(tmp_path))
    take_address("127.0.0.1", 8123)
    keep_address(load())
    monkeypatch.setenv("NEWSLETTER_BASE_URL", "")  # a command of its own has heard of no address
    assert load().base_url == "http://127.0.0.1:8123"

    monkeypatch.setenv("NEWSLETTER_BASE_URL", "https://letters.example.org")
    assert load().base_url == "https://letters.example.org"


@pytest.mark.parametrize("rubbish", ["", "rubbish", "javascript:alert(1)", "http://[::1", "\0\x01"])
def test_an_address_that_cannot_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rubbish: str) -> None:
    monkeypatch.setenv("NEWSLETTER_DATA_DIR", str(tmp_path))
    (tmp_path / "address").write_text(rubbish)
    assert load().base_url == "http://127.0.0.1:8000"
