"""Which server takes our mail, how much we trust the road to it, and how long we wait at each step."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from newsletter.domain.golive import is_loopback

Security = Literal["starttls", "implicit", "never"]

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Patience in seconds at each step; the defaults are those of RFC 5321 section 4.5.3.2.

    `data_block` bounds one write of the message, `final_dot` the wait for the last reply. `connect`, `tls`
    and `goodbye` have no figure in the RFC.
    """

    connect: float = 30.0
    tls: float = 30.0
    greeting: float = 300.0
    command: float = 300.0
    data_start: float = 120.0
    data_block: float = 180.0
    final_dot: float = 600.0
    goodbye: float = 1.0


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes our mail. `local_hostname` is what we say in EHLO; empty: our IP address.

    `ca_file` holds certificates to trust instead of the system's. Raises ValueError when a password would
    travel in clear to another machine, or a value could not stand in a command.
    """

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    local_hostname: str = ""
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise ValueError("The SMTP host must be a host name or an IP address.")
        if not 0 < self.port < 65536:
            raise ValueError("The SMTP port must be a number from 1 to 65535.")
        if self.local_hostname and not _HOST.fullmatch(self.local_hostname):
            raise ValueError("The name for EHLO must be a plain host name.")
        if bool(self.user) != bool(self.password):
            raise ValueError("SMTP needs both a user and a password, or neither.")
        if "\0" in self.user + self.password:
            raise ValueError("The SMTP user and password must not contain NUL.")  # RFC 4616 section 2
        if self.security == "never" and self.user and not is_loopback(self.host):
            raise ValueError("A password never travels in clear: with ?starttls=never the host must be this machine.")

    @property
    def name(self) -> str:
        """How sentences for the owner call it."""
        return f"{self.host}:{self.port}"


def relay_from_url(
    url: str,
    user: str | None = None,
    password: str | None = None,
    *,
    local_hostname: str = "",
    ca_file: str | None = None,
) -> Relay:
    """Read smtp://host:587, smtp://host:25?starttls=never or smtps://host:465 (RFC 8314 section 3.3).

    `user` and `password`, when given, win over those in the URL (which are percent-decoded). Raises
    ValueError with a sentence that never repeats the URL, since a password may stand in it.
    """
    parts, port = _split(url)
    return Relay(
        host=parts.hostname or "",
        port=port if port is not None else _PORTS[parts.scheme],
        security=_security(parts),
        user=user or unquote(parts.username or ""),
        password=password or unquote(parts.password or ""),
        local_hostname=local_hostname,
        ca_file=ca_file,
    )


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(
            "The SMTP URL cannot be read; special characters in user and password are written %XX."
        ) from None
    if parts.scheme not in _PORTS:
        raise ValueError("The SMTP URL must begin with smtp:// or smtps://.")
    if not parts.hostname:
        raise ValueError("The SMTP URL names no host.")
    if parts.path not in ("", "/") or parts.fragment:
        raise ValueError("The SMTP URL must end after the port; / ? # in a password are written %2F %3F %23.")
    return parts, port


def _security(parts: SplitResult) -> Security:
    query = parse_qs(parts.query, keep_blank_values=True)
    starttls = query.pop("starttls", ["required"])
    if query or starttls not in (["required"], ["never"]):
        raise ValueError("The SMTP URL knows one option only: ?starttls=required or ?starttls=never.")
    if parts.scheme == "smtps":
        if starttls == ["never"]:
            raise ValueError("smtps:// is TLS from the first byte; ?starttls=never does not go with it.")
        return "implicit"
    return "never" if starttls == ["never"] else "starttls"
