"""A Postfix of Debian's for one test, in a folder of its own: TLS asked of everybody, mail kept in a maildir."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mail.certificates import Certificate

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.net
mydestination =
local_transport = error:nobody lives here
default_transport = error:nothing leaves this machine
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
virtual_mailbox_domains = example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ nobody@example.com = 550 5.1.1 no such person }} }},
    permit_mynetworks, reject
smtpd_tls_chain_files = {certificate}
smtpd_tls_security_level = encrypt
smtpd_tls_loglevel = 1
"""

MASTER = """
{starttls} inet n - n - - smtpd
{implicit} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
retry unix - - n - - error
error unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Where it listens, on 127.0.0.1, and what it has kept."""

    starttls: int
    implicit: int
    folder: Path

    def kept(self, many: int, within: float = 30.0) -> list[bytes]:
        """The messages in its maildir, once there are so many and its queue is empty; those it has after `within` s."""
        arrived, end = self.folder / "mail" / "all" / "new", time.monotonic() + within
        while len(files := list(arrived.glob("*"))) < many and time.monotonic() < end:
            time.sleep(0.05)
        return [file.read_bytes() for file in files]

    def log(self) -> str:
        """What it wrote down."""
        return (self.folder / "log").read_text()


@contextmanager
def a_postfix(folder: Path, certificate: Certificate) -> Iterator[Postfix]:
    """Start one, and stop it by its own process id. Only root may: Postfix changes users."""
    made = Postfix(_free_port(), _free_port(), folder)
    uid, gid = _postfix_user()
    for name, owner in (("spool", 0), ("data", uid), ("mail", uid)):
        (folder / name).mkdir()
        os.chown(folder / name, owner, -1)
    folder.chmod(0o755)
    settings = {"folder": folder, "uid": uid, "gid": gid, "certificate": certificate.file}
    (folder / "main.cf").write_text(MAIN.format(**settings))
    (folder / "master.cf").write_text(MASTER.format(starttls=made.starttls, implicit=made.implicit))
    _postfix(folder, "start")
    try:
        yield made
    finally:
        _postfix(folder, "stop")


def _postfix(folder: Path, verb: str) -> None:
    done = subprocess.run(["/usr/sbin/postfix", "-c", folder, verb], capture_output=True, text=True, timeout=60)
    log = folder / "log"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")


def _postfix_user() -> tuple[int, int]:
    made_by_its_package = pwd.getpwnam("postfix")
    return made_by_its_package.pw_uid, made_by_its_package.pw_gid


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
