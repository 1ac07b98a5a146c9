"""One throw-away PostgreSQL cluster, on a unix socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

# initdb refuses root, so root hands the whole cluster to the user that Debian's package makes.
AS_POSTGRES = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
# Nothing here outlives the tests, so nothing need reach the disk.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
# Waits until the tests are gone, however they went (its standard input closes even after kill -9), then ends
# the cluster by its process id and removes the folder. SIGQUIT: nothing is worth a checkpoint.
CARETAKER = """
cat >/dev/null
if read -r pid 2>/dev/null <"$1/cluster/postmaster.pid"; then
    kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.05; done
fi 2>/dev/null
rm -rf "$1"
"""


def watch(folder: Path) -> subprocess.Popen[bytes]:
    """Begin to watch over the folder; closing the returned process's stdin ends what runs in it."""
    return subprocess.Popen(["sh", "-c", CARETAKER, "-", folder], stdin=subprocess.PIPE, start_new_session=True)


def start(folder: Path, settings: Mapping[str, str] = SETTINGS) -> None:
    """Make a cluster in `folder`, which must be short (a socket's path has at most 107 bytes), and start it."""
    if AS_POSTGRES:
        shutil.chown(folder, "postgres", "postgres")
    cluster, log = folder / "cluster", folder / "postgresql.log"
    _run("initdb", "-D", cluster, "-U", "newsletter", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
    options = [f"-c {name}='{value}'" for name, value in settings.items()]
    options.append(f"-k {folder}")
    _run("pg_ctl", "-D", cluster, "-l", log, "-o", " ".join(options), "-w", "start")


def restart(folder: Path, *, gently: bool = True) -> None:
    """Stop a cluster and start it again; not gently: with what it had in memory gone."""
    mode = "fast" if gently else "immediate"
    _run("pg_ctl", "-D", folder / "cluster", "-l", folder / "postgresql.log", "-m", mode, "-w", "restart")


def url(folder: Path, database: str) -> str:
    """The SQLAlchemy URL of a database of the cluster in `folder`."""
    return f"postgresql+psycopg://newsletter@/{database}?host={folder}"


def _run(program: str, *arguments: str | Path) -> None:
    newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    # A file takes the words: the server would keep a pipe open, and we would wait for its end.
    with tempfile.TemporaryFile() as words:
        done = subprocess.run([newest / program, *arguments], stdout=words, stderr=words, cwd="/", **AS_POSTGRES)
        words.seek(0)
        assert done.returncode == 0, words.read().decode()
