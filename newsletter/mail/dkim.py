"""Our signature under every mail: DKIM (RFC 6376) with RSA or Ed25519 (RFC 8463), relaxed/relaxed, whole body."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.domain.message import Tidy
from newsletter.mail.lines import with_crlf

# Named once more than they occur, so that nobody can add a second one that readers would see instead
# (RFC 6376 section 8.15).
OVERSIGNED = ("From", "To", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version", "Content-Type")
SIGNED = (*OVERSIGNED, "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
_KEYS = tuple((name, name.lower().encode("ascii"), int(name in OVERSIGNED)) for name in SIGNED)

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_FIELD = re.compile(rb"[!-9;-~]+:[^\r]*(?:\r\n[ \t][^\r]*)*\r\n")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and where its public half is published: <selector>._domainkey.<domain>."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @classmethod
    def load(cls, domain: str, selector: str, pem_path: Path) -> "DkimKey":
        """Read an unencrypted PEM file. Raises ValueError with a sentence, or OSError."""
        if not (_NAME.fullmatch(domain) and _NAME.fullmatch(selector)):
            raise ValueError("The DKIM domain and selector must be plain DNS names (a domain with umlauts as xn--...).")
        try:
            private = serialization.load_pem_private_key(pem_path.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(f"The DKIM key file {pem_path} is not an unencrypted private key in PEM form.") from error
        if isinstance(private, RSAPrivateKey) and private.key_size < 2048:
            raise ValueError("The RSA key for DKIM must have at least 2048 bits.")  # RFC 8301 section 3.2
        if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError("The key for DKIM must be RSA or Ed25519.")
        return cls(domain, selector, private)

    @property
    def algorithm(self) -> str:
        """The value of the tag a=."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def dns_record(self) -> str:
        """The TXT record that publishes the public half (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={_b64(der)}"
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={_b64(raw)}"

    def sign_hash_of(self, data: bytes) -> bytes:
        """The signature of the SHA-256 of `data`; Ed25519 signs the digest itself (RFC 8463 section 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), hashes.SHA256())
        return self.private.sign(hashlib.sha256(data).digest())


def new_key(kind: str) -> bytes:
    """A fresh private key, "rsa" (2048 bits) or "ed25519", as an unencrypted PEM file."""
    made = rsa.generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()
    pkcs8 = serialization.PrivateFormat.PKCS8
    return made.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())


def sign(message: bytes, *keys: DkimKey, now: datetime) -> bytes:
    """The message, every line ended by CRLF, with a DKIM-Signature of each key on top. `now` becomes t=.

    Raises ValueError when the head is not made of RFC 5322 header fields or has not exactly one From.
    """
    is_tidy = isinstance(message, Tidy)
    message = message if is_tidy else _as_sent(message)
    head, _, body = message.partition(b"\r\n\r\n")
    fields = _fields(head.removesuffix(b"\r\n") + b"\r\n")
    if len(fields.get(b"from", ())) != 1:
        raise ValueError("A message to be signed needs exactly one From.")
    names, signed = _chosen(fields)
    body_hash = _b64(hashlib.sha256(body if is_tidy else relaxed_body(body)).digest())
    tags = f"t={int(now.timestamp())};\r\n h={_folded(names, ':')};\r\n bh={body_hash}"
    sealed = b"".join([*(_signature(key, tags, signed) for key in keys), message])
    return Tidy(sealed) if is_tidy else sealed


def _as_sent(message: bytes) -> bytes:
    message = with_crlf(message)
    return message if message.endswith(b"\r\n") else message + b"\r\n"  # as SMTP will: it knows no other way


def _signature(key: DkimKey, tags: str, signed: bytes) -> bytes:
    """The field of one key over the canonical fields `signed`."""
    own = (
        f"DKIM-Signature: v=1;\r\n a={key.algorithm};\r\n c=relaxed/relaxed;\r\n d={key.domain};\r\n"
        f" s={key.selector};\r\n {tags};\r\n b="
    ).encode("ascii")
    # The signature's own field is signed with b= empty and without its line end (RFC 6376 section 3.7).
    encoded = _b64(key.sign_hash_of(signed + relaxed_field(own)[:-2]))
    rows = [encoded[start : start + 72] for start in range(0, len(encoded), 72)]
    return own + "\r\n ".join(rows).encode("ascii") + b"\r\n"


def relaxed_field(raw: bytes) -> bytes:
    """One header field in relaxed form, ended by CRLF (RFC 6376 section 3.4.2)."""
    name, _, value = raw.replace(b"\r\n", b"").partition(b":")
    return name.strip(b" \t").lower() + b":" + _single_spaced(value).strip(b" ") + b"\r\n"


_relaxed = lru_cache(maxsize=128)(relaxed_field)
"""Half of the signed fields are the same in every copy of a letter."""


def relaxed_body(body: bytes) -> bytes:
    """The body in relaxed form (RFC 6376 section 3.4.4): an empty one stays empty.

    Whole bodies at the speed of C: a walk through the lines of 8 kB took as long as an RSA signature.
    """
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = _single_spaced(body).replace(b" \r\n", b"\r\n")
    words = body.rstrip(b"\r\n")
    return words + b"\r\n" if words else b""


def _single_spaced(data: bytes) -> bytes:
    data = data.replace(b"\t", b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """Lower-case name -> the fields of that name, in their order."""
    every = _FIELD.findall(head)
    if sum(map(len, every)) != len(head):
        raise ValueError("A message to be signed has a line in its head that is no header field.")
    found: dict[bytes, list[bytes]] = {}
    for raw in every:
        found.setdefault(raw.partition(b":")[0].lower(), []).append(raw)
    return found


def _chosen(fields: dict[bytes, list[bytes]]) -> tuple[tuple[str, ...], bytes]:
    """The names for h= and the fields they stand for, from the last of a name to its first (section 5.4.2)."""
    names: list[str] = []
    signed: list[bytes] = []
    for name, key, more in _KEYS:
        present = fields.get(key, ())
        names += [name] * (len(present) + more)
        signed += map(_relaxed, reversed(present))
    return tuple(names), b"".join(signed)


@lru_cache(maxsize=64)
def _folded(words: tuple[str, ...], separator: str) -> str:
    return "\r\n  ".join(_rows(words, separator))


def _rows(words: tuple[str, ...], separator: str) -> Iterator[str]:
    row = ""
    for number, word in enumerate(words, start=1):
        piece = word + (separator if number < len(words) else "")
        if row and len(row) + len(piece) > 68:
            yield row
            row = ""
        row += piece
    yield row


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
