"""Every mail we send, signed by both our keys: verified by opendkim and dkimpy, and refused with one bit changed."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from newsletter.mail.dkim import DkimKey, sign
from newsletter.mail.signing import Signer
from tests.content.samples import EVERY_MAIL, message_of

RSA = DkimKey("letters.example.org", "r2026", rsa.generate_private_key(65537, 2048))
ED25519 = DkimKey("letters.example.org", "e2026", ed25519.Ed25519PrivateKey.generate())
BOTH = [("rsa-sha256", "pass"), ("ed25519-sha256", "pass")]
NEITHER = [("rsa-sha256", "fail"), ("ed25519-sha256", "fail")]


def now() -> datetime:
    """The moment of the test: opendkim refuses signatures of the future."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], list[tuple[str, str]]]:
    """Call it with a message for the algorithm and the result of each signature, as Debian's opendkim judges it."""
    folder = tmp_path_factory.mktemp("opendkim")
    keys = [f"{key.selector}._domainkey.{key.domain} {key.dns_record}\n" for key in (RSA, ED25519)]
    (folder / "keys").write_text("".join(keys))
    (folder / "conf").write_text(f"Mode v\nSyslog no\nTestPublicKeys {folder}/keys\n")

    def judge(message: bytes) -> list[tuple[str, str]]:
        (folder / "mail.eml").write_bytes(message)
        command = ["/usr/sbin/opendkim", "-x", str(folder / "conf"), "-vv", "-t", str(folder / "mail.eml")]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
        verdicts = [line.split() for line in said.splitlines() if line.strip().startswith("dkim=")]
        return [
            (next(word[9:] for word in words if word.startswith("header.a=")), words[0].removeprefix("dkim="))
            for words in verdicts
        ]

    return judge


def dkimpy(message: bytes, signature: int, key: DkimKey) -> bool:
    """What dkimpy says of one of the signatures."""
    try:
        return bool(dkim.DKIM(message).verify(idx=signature, dnsfunc=lambda name, timeout=5: key.dns_record.encode()))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_every_mail_is_verified_with_both_signatures(
    mail: str, opendkim: Callable[[bytes], list[tuple[str, str]]]
) -> None:
    (signed,) = Signer([RSA, ED25519], now).sign_later([message_of(mail)]).result()

    assert opendkim(signed) == BOTH
    assert dkimpy(signed, 0, RSA)


@pytest.mark.parametrize(
    "where", [b"Message-ID: <", b"Subject: ", b"To: ", b"text-or-html\r\nContent-Type: ", b"https:"]
)
def test_one_flipped_bit_is_found(where: bytes, opendkim: Callable[[bytes], list[tuple[str, str]]]) -> None:
    signed = sign(message_of("confirmation"), RSA, ED25519, now=now())
    place = signed.index(where) + len(where)
    forged = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]

    assert opendkim(signed) == BOTH
    assert opendkim(forged) == NEITHER
    assert not dkimpy(forged, 0, RSA)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 101])
def test_many_are_signed_as_one_by_one_and_in_their_order(count: int) -> None:
    moment = now()
    signer = Signer([RSA, ED25519], lambda: moment)
    one = message_of("campaign")
    messages = [one.replace(b"Message-ID: <", b"Message-ID: <%d." % number) for number in range(count)]

    assert signer.sign_later(messages).result() == [sign(message, RSA, ED25519, now=moment) for message in messages]


def test_without_a_key_a_message_stays_as_it_is() -> None:
    assert Signer([], now).sign_later([b"a", b"b"]).result() == [b"a", b"b"]
    assert Signer([], now).sign(b"a") == b"a"


def test_what_is_no_message_is_not_signed_among_others_either() -> None:
    with pytest.raises(ValueError, match="to be signed"):
        Signer([RSA], now).sign_later([message_of("campaign"), b"no field\r\n\r\n"]).result()
