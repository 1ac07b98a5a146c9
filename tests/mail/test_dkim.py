"""Our DKIM signatures, judged by dkimpy for RSA and by the RFC's own words for Ed25519."""

import base64
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.message import Tidy
from newsletter.mail.dkim import DkimKey, relaxed_body, relaxed_field, sign

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LETTER = (
    b"From: Practice <letters@example.org>\r\n"
    b"To: jane@example.com\r\n"
    b"Subject: The second letter\r\n"
    b"Date: Mon, 02 Nov 2026 09:00:00 +0000\r\n"
    b"Message-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Reply-To: practice@example.org\r\n"
    b"List-Id: <letters.example.org>\r\n"
    b"List-Unsubscribe: <https://letters.example.org/u/abc>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"X-Free: may change\r\n"
    b"\r\n"
    b"Dear Jane,\r\n\r\nall is well.\r\n"
)


def write_pem(folder: Path, private: object, encryption: object = None) -> Path:
    file = folder / "key.pem"
    encryption = encryption or serialization.NoEncryption()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(private.private_bytes(encoding, form, encryption))
    return file


@pytest.fixture(scope="module")
def rsa_key(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    private = rsa.generate_private_key(65537, 2048)
    return DkimKey.load("example.org", "s2026", write_pem(tmp_path_factory.mktemp("rsa"), private))


@pytest.fixture(scope="module")
def ed_key(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    private = ed25519.Ed25519PrivateKey.generate()
    return DkimKey.load("example.org", "e2026", write_pem(tmp_path_factory.mktemp("ed"), private))


def dkimpy_says(message: bytes, key: DkimKey) -> bool:
    def dnsfunc(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"s2026._domainkey.example.org."
        return key.dns_record.encode()

    return dkim.verify(message, dnsfunc=dnsfunc)


def rfc8463_says(message: bytes, key: DkimKey) -> bool:
    """dkimpy needs PyNaCl for Ed25519; so here the steps of RFC 6376 section 3.7, once more and independently: with
    dkimpy's own canonicalisation."""
    parsed = dkim.DKIM(message)
    value = next(v for name, v in parsed.headers if name.lower() == b"dkim-signature")
    tags = dkim.util.parse_tag_value(value)
    canon = dkim.canonicalization.CanonicalizationPolicy.from_c_value(tags[b"c"])
    body_hash = base64.b64encode(hashlib.sha256(canon.canonicalize_body(parsed.body)).digest())
    headers = canon.canonicalize_headers(parsed.headers)
    names = [name.strip().lower() for name in tags[b"h"].split(b":")]
    chosen = dkim.select_headers(headers, names)
    unsigned = re.sub(rb"([\s;]b\s*=)[^;]*", rb"\1", value)
    own = canon.canonicalize_headers([(b"DKIM-Signature", unsigned)])
    data = b"".join(name + b":" + v for name, v in [*chosen, *((n, v.rstrip(b"\r\n")) for n, v in own)])
    public = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(key.dns_record.rpartition("p=")[2]))
    try:
        public.verify(base64.b64decode(re.sub(rb"\s", b"", tags[b"b"])), hashlib.sha256(data).digest())
    except InvalidSignature:
        return False
    return re.sub(rb"\s", b"", tags[b"bh"]) == body_hash


def test_rsa_is_verified_by_dkimpy(rsa_key: DkimKey) -> None:
    assert dkimpy_says(sign(LETTER, rsa_key, now=NOW), rsa_key)


def test_ed25519_is_verified_as_rfc_8463_says(ed_key: DkimKey) -> None:
    signed = sign(LETTER, ed_key, now=NOW)

    assert b"a=ed25519-sha256;" in signed
    assert rfc8463_says(signed, ed_key)
    assert not rfc8463_says(signed.replace(b"well", b"hell"), ed_key)
    assert not rfc8463_says(signed.replace(b"second", b"third"), ed_key)


def test_both_signatures_on_one_message(rsa_key: DkimKey, ed_key: DkimKey) -> None:
    signed = sign(sign(LETTER, rsa_key, now=NOW), ed_key, now=NOW)

    assert rfc8463_says(signed, ed_key)
    assert dkim.DKIM(signed).verify(idx=1, dnsfunc=lambda name, timeout=5: rsa_key.dns_record.encode())


def test_rfc_8463_appendix_a_key_signs_as_printed_there(tmp_path: Path) -> None:
    """The example of RFC 8463 appendix A.3 cannot be matched byte by byte (other h=), but its DNS record can."""
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = DkimKey.load(
        "football.example.com", "brisbane", write_pem(tmp_path, ed25519.Ed25519PrivateKey.from_private_bytes(seed))
    )

    assert key.dns_record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def test_what_the_signature_covers(rsa_key: DkimKey) -> None:
    signed = sign(LETTER, rsa_key, now=NOW)
    tags = dkim.util.parse_tag_value(next(v for n, v in dkim.DKIM(signed).headers if n == b"DKIM-Signature"))
    names = [name.strip() for name in tags[b"h"].split(b":")]

    assert (tags[b"a"], tags[b"c"], tags[b"d"], tags[b"s"]) == (
        b"rsa-sha256",
        b"relaxed/relaxed",
        b"example.org",
        b"s2026",
    )
    assert tags[b"t"] == str(int(NOW.timestamp())).encode()
    assert b"l" not in tags
    assert names.count(b"From") == 2
    assert {b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type", b"Reply-To"} <= set(names)
    assert {b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post"} <= set(names)
    assert b"X-Free" not in names


def test_the_header_stands_on_top_in_short_lines(rsa_key: DkimKey) -> None:
    signed = sign(LETTER, rsa_key, now=NOW)

    assert signed.startswith(b"DKIM-Signature: v=1;")
    assert signed.endswith(LETTER)
    assert max(len(line) for line in signed.removesuffix(LETTER).split(b"\r\n")) <= 78


@pytest.mark.parametrize("extra", [b"From: Mallory <m@example.net>", b"Subject: Buy", b"Reply-To: m@example.net"])
@pytest.mark.parametrize("top", [True, False])
def test_nobody_can_add_a_second_one(rsa_key: DkimKey, extra: bytes, top: bool) -> None:
    signed = sign(LETTER, rsa_key, now=NOW)
    forged = extra + b"\r\n" + signed if top else signed.replace(b"X-Free: may change", extra)

    assert not dkimpy_says(forged, rsa_key)


def test_what_is_not_signed_may_change_and_a_relay_may_add_its_trace(rsa_key: DkimKey) -> None:
    signed = sign(LETTER, rsa_key, now=NOW)

    assert dkimpy_says(b"Received: from a by b\r\n" + signed.replace(b"may change", b"has changed"), rsa_key)


def test_a_tidy_message_stays_so_under_its_signature(rsa_key: DkimKey) -> None:
    message = b"From: a@example.org\r\n\r\nHello.\r\n"

    assert isinstance(sign(Tidy(message), rsa_key, now=NOW), Tidy)
    assert sign(Tidy(message), rsa_key, now=NOW) == sign(message, rsa_key, now=NOW)
    assert sign(Tidy(message), rsa_key, now=NOW).isascii()
    assert not isinstance(sign(message, rsa_key, now=NOW), Tidy)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_flipped_bit_is_found(rsa_key: DkimKey, data: st.DataObject) -> None:
    """Anywhere in the body's or a signed header's words; white space and case of names may change by design."""
    signed = sign(LETTER, rsa_key, now=NOW)
    start = signed.index(LETTER)
    words = [m for m in re.finditer(rb"(?<=[: ,<@])[a-z]+(?=[.@ ,\r>])", signed) if m.start() > start]
    word = data.draw(st.sampled_from([w for w in words if w[0] not in (b"may", b"change")]))
    position = data.draw(st.integers(word.start(), word.end() - 1))
    flipped = bytearray(signed)
    flipped[position] ^= 1 << data.draw(st.integers(0, 3))

    assert not dkimpy_says(bytes(flipped), rsa_key)


PIECES = st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"word", b".", b"\n", b"\r", "ä".encode(), b"  \r\n"])
BODY = st.lists(PIECES, max_size=20).map(b"".join)
VALUE = st.lists(st.sampled_from([b" ", b"\t", b"a", b"b c", b"\r\n ", b"\r\n\tx", b":"]), max_size=8).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(BODY, VALUE)
def test_every_shape_of_body_and_header_is_verified_by_dkimpy(rsa_key: DkimKey, body: bytes, subject: bytes) -> None:
    message = b"From: a@example.org\r\nSUBJECT:" + subject + b"x\r\n\r\n" + body

    assert dkimpy_says(sign(message, rsa_key, now=NOW), rsa_key)


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \t\r\n", b""),
        (b"a", b"a\r\n"),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # RFC 6376 section 3.4.5
    ],
)
def test_relaxed_bodies(body: bytes, relaxed: bytes) -> None:
    assert relaxed_body(body) == relaxed


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"A: X\r\n", b"a:X\r\n"),  # RFC 6376 section 3.4.5
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"C:\r\n", b"c:\r\n"),
    ],
)
def test_relaxed_fields(raw: bytes, relaxed: bytes) -> None:
    assert relaxed_field(raw) == relaxed


@pytest.mark.parametrize(
    "message", [b"From: a@example.org\r\n", b"From: a@example.org", b"From: a@example.org\r\n\r\n"]
)
def test_a_message_without_a_body_is_signed_too(rsa_key: DkimKey, message: bytes) -> None:
    assert dkimpy_says(sign(message, rsa_key, now=NOW), rsa_key)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n\r\nbody",
        b"Subject: x\r\n\r\n",
        b"From: a\r\nFrom: b\r\n\r\n",
        b"From: a\r\nno field\r\n\r\n",
        b"From: a\r\nTo : b\r\n\r\n",
    ],
)
def test_what_is_no_message_is_not_signed(rsa_key: DkimKey, message: bytes) -> None:
    with pytest.raises(ValueError, match="to be signed"):
        sign(message, rsa_key, now=NOW)


def test_keys_that_will_not_do(tmp_path: Path) -> None:
    short = write_pem(tmp_path, rsa.generate_private_key(65537, 1024))
    with pytest.raises(ValueError, match="at least 2048 bits"):
        DkimKey.load("example.org", "s", short)
    with pytest.raises(ValueError, match="RSA or Ed25519"):
        DkimKey.load("example.org", "s", write_pem(tmp_path, ec.generate_private_key(ec.SECP256R1())))
    locked = write_pem(tmp_path, ed25519.Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"x"))
    with pytest.raises(ValueError, match="not an unencrypted private key"):
        DkimKey.load("example.org", "s", locked)
    (tmp_path / "rubbish.pem").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="not an unencrypted private key"):
        DkimKey.load("example.org", "s", tmp_path / "rubbish.pem")


@pytest.mark.parametrize("name", ["", "a b", "x;y", "ä.org", "a\r\nb", "-a.org", "a..b"])
def test_names_that_could_break_the_header(tmp_path: Path, name: str) -> None:
    key = write_pem(tmp_path, ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(ValueError, match="plain DNS names"):
        DkimKey.load(name, "s", key)
    with pytest.raises(ValueError, match="plain DNS names"):
        DkimKey.load("example.org", name, key)


def test_the_private_key_is_not_shown(ed_key: DkimKey) -> None:
    assert repr(ed_key) == "DkimKey(domain='example.org', selector='e2026')"
