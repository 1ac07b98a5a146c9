"""`newsletter demo` with its output in a file or a pipe, as in a container's log."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.story.house import free_port


def _hear_ctrl_c() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C, and so would a demo begun by such a test run."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_without_a_terminal_the_demo_says_a_line_a_week(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "newsletter", "demo", "--week", "0", "--port", str(free_port())]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command,
        env=env,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        preexec_fn=_hear_ctrl_c,
    ) as demo:
        assert demo.stdout
        said: list[str] = []
        for line in demo.stdout:
            said.append(line)
            if line.startswith("Week  2"):
                demo.send_signal(signal.SIGINT)
                break
        said += demo.stdout.readlines()
    weeks = [line for line in said if line.startswith("Week")]
    assert len(weeks) >= 2, said
    assert "Dana 2, Bela 2" in weeks[0], said
    assert said[-1] == "Ended.\n", said
    assert demo.returncode == 0
