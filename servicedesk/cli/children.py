"""Child processes that end with this one, whatever happens to it."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from config import ROOT

PATIENCE = 15.0  # seconds to finish what is under way
_SET_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True, slots=True)
class Child:
    """A running child, with the name that the operator reads."""

    name: str
    process: subprocess.Popen[bytes]


def start(name: str, module: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Run ``python -m module``; Ctrl-C at the terminal reaches this process only, not the child."""
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent(),
    )
    return Child(name, process)


def stop_all(children: Sequence[Child]) -> None:
    """Ask all of them to end, wait, and end the ones that do not."""
    for child in children:
        child.process.terminate()
    end = time.monotonic() + PATIENCE
    for child in children:
        try:
            child.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux a child is asked to end even when this process is killed outright."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)

    return before_exec
