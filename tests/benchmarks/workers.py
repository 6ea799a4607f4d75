"""Worker processes, and rounds in which each of them has its turn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_STOP_SECONDS = 10.0


class WorkerError(Exception):
    """A worker that ended or answered with an error; the message says why, in a line."""


class WorkerProcess:
    """A process that runs calls on demand. See ``peers/worker.py`` for what is said to it.

    ``environ`` and ``folder``: what the process has, if it is not what this one has.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self._batches: dict[tuple[str, str], int] = {}
        self._process = subprocess.Popen(
            command,
            env=environ,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """One question, one answer. Raises :class:`WorkerError`."""
        self.send(**request)
        return self.receive()

    def send(self, **request: Any) -> None:
        """Ask without waiting for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._last_words()) from None

    def receive(self) -> dict[str, Any]:
        """The answer to what was sent. Raises :class:`WorkerError`."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"].partition("\n")[0][:150])
        return answer

    def seconds(self, call: str, token: str = "good", *, batch: float) -> float:
        """What one call takes, from as many of them as fill about ``batch`` seconds."""
        key = (call, token)
        if key not in self._batches:
            # Warm before it counts: what is made once is made, and Node has compiled what is hot.
            calls, spent = 20, 0.0
            while spent < 10 * batch:
                took = self.ask(do="measure", call=call, token=token, calls=calls)["seconds"]
                spent += took
                calls = min(max(int(batch * calls / took), 3), 20_000)
            self._batches[key] = calls
        calls = self._batches[key]
        answer = self.ask(do="measure", call=call, token=token, calls=calls)
        return float(answer["seconds"]) / calls

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        self._process.kill()
        lines = self._process.stderr.read().strip().splitlines()
        return lines[-1][:150] if lines else "ended without a word"


class Turn(NamedTuple):
    """What is measured in every round: a call of a worker, on a token."""

    worker: WorkerProcess
    call: str
    token: str = "good"


def rounds(turns: Iterable[Turn], count: int, batch: float = 0.010) -> dict[Turn, list[float]]:
    """Seconds for one call, a list over the rounds. All take turns in each of them.

    A short batch mostly fits between two interruptions by other processes.
    """
    turns = list(turns)
    times: dict[Turn, list[float]] = {turn: [] for turn in turns}
    for number in range(count):
        # Backwards every other time, so that nobody always follows the same neighbour.
        for turn in turns if number % 2 == 0 else reversed(turns):
            times[turn].append(turn.worker.seconds(turn.call, turn.token, batch=batch))
        if sys.stderr.isatty():
            print(f"\r  round {number + 1} of {count}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
    return times
