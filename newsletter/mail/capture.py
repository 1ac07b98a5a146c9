"""The development inbox's front: an SMTP server on this machine that keeps every mail as a file and sends none on."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.mail.inbox import CapturedMail, newest, read

__all__ = ["CaptureServer", "CapturedMail", "newest", "read"]

LARGEST = 25_000_000
"""Bytes a message may have."""


class CaptureServer:
    """Takes all mail on an ephemeral port of 127.0.0.1 and writes it into `folder` (0700, files 0600).

    A file is named after the machine time of its arrival, so names sort by time; it is written under a hidden name
    and renamed, so a reader never sees half a mail. Lines above 998 octets are refused, as strict relays do.
    """

    def __init__(self, folder: Path, *, now: Callable[[], datetime], largest: int = LARGEST) -> None:
        """`now` gives the machine time, in UTC; `largest` is the size limit in bytes."""
        self._folder = folder
        self._controller = _Controller(
            _Keeper(folder, now),
            hostname="127.0.0.1",
            port=0,
            server_hostname="capture.localhost",
            ident="development inbox",
            enable_SMTPUTF8=False,
            data_size_limit=largest,
        )

    def start(self) -> tuple[str, int]:
        """Make the folder, listen, and return host and port. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # below, aiosmtpd writes addresses into the log
        self._controller.start()
        return "127.0.0.1", self._controller.port

    def stop(self) -> None:
        """Stop listening; connections still open are cut."""
        self._controller.stop()


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Learn the port the system chose, which aiosmtpd 1.4 does not ask for, before it knocks there itself."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Keeper:
    """aiosmtpd's handler."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        trace = [f"Return-Path: <{envelope.mail_from or ''}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
        head = "".join(f"{line}\r\n" for line in trace).encode("ascii", "replace")
        try:
            name = self._write(head + content)
        except OSError:
            return "452 4.3.1 The development inbox cannot be written"
        return f"250 2.0.0 Kept as {name}"

    def _write(self, data: bytes) -> str:
        name = f"{self._now().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
        hidden = self._folder / f".{name}.part"
        try:
            hidden.touch(mode=0o600, exist_ok=False)
            hidden.write_bytes(data)
            hidden.rename(self._folder / f"{name}.eml")
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        return name
