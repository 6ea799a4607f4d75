"""The loop of a worker process: one library, asked over a pipe to run a call so many times.

Run as a script by the Python of the library's own environment, so it knows the standard library
only. One line of JSON in, one line of JSON out:

- ``{"do": "about"}`` answers with what can be measured and what the library refuses;
- ``{"do": "measure", "call": NAME, "token": NAME, "calls": N, "threads": T, "turn": U}`` answers
  ``{"seconds": S}``: how long T threads took for N calls each, side by side, where one that waits
  for the interpreter asks for it after U seconds (``sys.setswitchinterval``).

Standard output is the pipe; whatever a library prints goes to standard error.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import inspect
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

Call = Callable[[str], Any]
"""Takes the text of a token and raises where it refuses it. May be a coroutine function."""


class Worker:
    """Answers the driver. ``calls`` are what can be measured, by name; the first one is held
    against the junk. ``distribution`` is the library's name on the package index; ``examples``
    names a token for the calls that do not take the ``good`` one.
    """

    def __init__(
        self,
        distribution: str,
        given: dict[str, Any],
        calls: dict[str, Call],
        examples: dict[str, str] | None = None,
    ) -> None:
        self._distribution = distribution
        self._given = given
        self._main = next(iter(calls))
        self._examples = examples or {}
        self._calls = {"bare": bare(given), **calls}

    def serve(self) -> None:
        """Answer until the driver hangs up."""
        pipe = os.fdopen(os.dup(1), "w", encoding="ascii")
        os.dup2(2, 1)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = getattr(self, f"_{request.pop('do')}")(**request)
            except Exception as error:  # noqa: BLE001 - the driver puts it into the table
                answer = {"error": f"{type(error).__name__}: {error}"}
            pipe.write(json.dumps(answer) + "\n")
            pipe.flush()

    def _about(self) -> dict[str, Any]:
        tokens = self._given["tokens"]
        for name, call in self._calls.items():
            _accept(call, [tokens[self._examples.get(name, "good")]])
        main = self._calls[self._main]
        return {
            "version": version(self._distribution),
            "calls": list(self._calls),
            "refuses": {kind: _refuses(main, tokens[kind]) for kind in self._given["junk"]},
        }

    def _measure(
        self, call: str, calls: int, token: str = "good", threads: int = 1, turn: float = 0.005
    ) -> dict[str, float]:
        text = self._given["tokens"][token].encode("ascii")
        function = self._calls[call]
        run = _refuse if token in self._given["junk"] else _accept
        # Each call gets a text of its own, as each request does: nothing is known of it yet, its
        # hash neither. All are made before the clock starts.
        batches = [[text.decode("ascii") for _ in range(calls)] for _ in range(threads)]
        if threads == 1:
            return {"seconds": run(function, batches[0])}
        barrier = threading.Barrier(threads)
        times: list[tuple[float, float]] = []

        def work(batch: list[str]) -> None:
            barrier.wait()
            start = time.perf_counter()
            run(function, batch)
            times.append((start, time.perf_counter()))

        workers = [threading.Thread(target=work, args=(batch,)) for batch in batches]
        before = sys.getswitchinterval()
        sys.setswitchinterval(turn)
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        sys.setswitchinterval(before)
        return {"seconds": max(end for _, end in times) - min(start for start, _ in times)}


def material() -> dict[str, Any]:
    """The tokens and keys that all workers share: the file that the first argument names."""
    with open(sys.argv[1], encoding="utf-8") as file:
        read: dict[str, Any] = json.load(file)
    return read


def bare(given: dict[str, Any], token: str = "good") -> Call:
    """The signature check of `cryptography` alone, over bytes that were decoded beforehand."""
    padding = importlib.import_module("cryptography.hazmat.primitives.asymmetric.padding")
    hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    key = serialization.load_pem_public_key(given["pem"].encode("ascii"))
    signed, _, encoded = given["tokens"][token].encode("ascii").rpartition(b".")
    signature = base64.urlsafe_b64decode(encoded + b"==")
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda text: key.verify(signature, signed, scheme, digest)


def _accept(call: Call, tokens: list[str]) -> float:
    """Seconds that it takes to accept good tokens."""
    if inspect.iscoroutinefunction(call):
        # One loop for the whole batch: to start one costs more than what is measured.
        return _loop().run_until_complete(_accept_async(call, tokens))
    start = time.perf_counter()
    for token in tokens:
        call(token)
    return time.perf_counter() - start


async def _accept_async(call: Call, tokens: list[str]) -> float:
    start = time.perf_counter()
    for token in tokens:
        await call(token)
    return time.perf_counter() - start


def _refuse(call: Call, tokens: list[str]) -> float:
    """Seconds that it takes to refuse bad tokens. Raises ``AssertionError`` if one is accepted."""
    if inspect.iscoroutinefunction(call):
        return _loop().run_until_complete(_refuse_async(call, tokens))
    start = time.perf_counter()
    for token in tokens:
        try:
            call(token)
        except Exception:  # noqa: BLE001, S112 - each library has errors of its own
            continue
        raise AssertionError("a bad token was accepted")
    return time.perf_counter() - start


async def _refuse_async(call: Call, tokens: list[str]) -> float:
    start = time.perf_counter()
    for token in tokens:
        try:
            await call(token)
        except Exception:  # noqa: BLE001, S112 - as above
            continue
        raise AssertionError("a bad token was accepted")
    return time.perf_counter() - start


def _refuses(call: Call, token: str) -> bool:
    try:
        _refuse(call, [token])
    except AssertionError:
        return False
    return True


_loops = threading.local()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this thread, which stays open between the batches."""
    if not hasattr(_loops, "loop"):
        _loops.loop = asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = _loops.loop
    return loop
