"""The load: clients that send requests of all kinds, one after the other, and have them judged."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict

from .judge import UNAVAILABLE, WHILE_FETCHING, History, Kind
from .keys import Generation, Keys, Token

# Out of 100 requests.
MIX = {
    Kind.GOOD: 56,
    Kind.TAMPERED: 6,
    Kind.WITHDRAWN: 6,
    Kind.UNKNOWN: 12,
    Kind.EXPIRED: 4,
    Kind.OTHER_CLIENT: 4,
    Kind.ID_TOKEN: 4,
    Kind.GARBAGE: 4,
    Kind.ANONYMOUS: 4,
}
_PAUSE_SECONDS = 0.02
# The longest that a request waits for keys is 5.5 s. Whatever takes this long is stuck.
_STUCK_SECONDS = 30.0
_GARBAGE = ("x", "a.b.c", "....", "A" * 8000)


class Tally:
    """What was answered. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.began = 0.0
        self.verdicts: Counter[tuple[Kind, str]] = Counter()
        self.wrong: list[str] = []
        self._doubtful: list[tuple[float, float, str]] = []
        self.seconds: dict[int, list[float]] = defaultdict(list)
        """For each second, how long those requests took whose key, if they need one, is held."""

    @property
    def felt(self) -> bool:
        """Whether a good token has met an outage."""
        with self._lock:
            return self.verdicts[Kind.GOOD, UNAVAILABLE] > 0

    def add(
        self, kind: Kind, verdict: str, allowed: frozenset[str], begin: float, end: float
    ) -> None:
        """One more answer."""
        with self._lock:
            self.verdicts[kind, verdict] += 1
            if verdict not in allowed:
                at = begin - self.began
                what = (
                    f"{kind.value} at {at:.1f} s, {end - begin:.1f} s: {verdict}; "
                    f"right: {' or '.join(sorted(allowed)) or 'none'}"
                )
                if verdict == UNAVAILABLE and WHILE_FETCHING in allowed:
                    self._doubtful.append((begin, end, what))
                else:
                    self.wrong.append(what)
            if allowed == {verdict}:
                self.seconds[int(end - self.began)].append(end - begin)

    def settle(self, history: History) -> None:
        """Judge what could not be judged before its time was over."""
        for begin, end, what in self._doubtful:
            if not history.fetching(begin, end):
                self.wrong.append(what)


class Gate:
    """Where clients wait while the load is paused."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.over = threading.Event()

    def pass_through(self) -> bool:
        """Wait until the load goes on. False if it is over."""
        self._open.wait()
        return not self.over.is_set()

    def shut(self) -> None:
        """Pause the load."""
        self._open.clear()

    def open(self) -> None:
        """Go on."""
        self._open.set()

    def end(self) -> None:
        """Let everybody leave."""
        self.over.set()
        self._open.set()


class Client:
    """Sends requests over one connection, which is never to be dropped, until the load is over."""

    def __init__(
        self, port: int, keys: Keys, history: History, tally: Tally, gate: Gate, seed: int
    ) -> None:
        self._keys, self._history, self._tally, self._gate = keys, history, tally, gate
        self._random = random.Random(seed)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_STUCK_SECONDS)
        self.busy = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join(2 * _STUCK_SECONDS)

    def _run(self) -> None:
        while self._gate.pass_through():
            self.busy = True
            kind = self._random.choices(list(MIX), list(MIX.values()))[0]
            generations = self._keys.withdrawn() if kind is Kind.WITHDRAWN else None
            if generations is None or generations:
                token = self._token(kind, generations or self._keys.signing())
                begin = time.monotonic()
                verdict = self._ask(token.text)
                end = time.monotonic()
                allowed = self._history.allowed(kind, token.kid, begin, end)
                self._tally.add(kind, verdict, allowed, begin, end)
            self.busy = False
            self._gate.over.wait(_PAUSE_SECONDS)
        self._connection.close()

    def _token(self, kind: Kind, generations: list[Generation]) -> Token:
        generation = self._random.choice(generations)
        match kind:
            case Kind.GOOD | Kind.WITHDRAWN:
                return self._random.choice(generation.good)
            case Kind.TAMPERED:
                return generation.tampered
            case Kind.UNKNOWN:
                return generation.unknown()
            case Kind.EXPIRED:
                return generation.expired
            case Kind.OTHER_CLIENT:
                return generation.of_another_client
            case Kind.ID_TOKEN:
                return generation.id_token
            case Kind.GARBAGE:
                return Token(self._random.choice(_GARBAGE), "")
            case Kind.ANONYMOUS:
                return Token("", "")

    def _ask(self, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            self._connection.request("GET", "/me", headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next request connects anew
            return f"no answer: {type(error).__name__}"
        if answer.status == 200:
            return "200"
        try:
            reason = json.loads(body)["reason"]
        except (ValueError, KeyError):
            return f"{answer.status} without a reason"
        if answer.status == 503 and not (answer.headers["Retry-After"] or "").isdecimal():
            return "503 without Retry-After"
        return f"{answer.status} {reason}"
