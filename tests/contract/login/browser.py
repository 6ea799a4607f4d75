"""A small browser: keeps cookies, says where a request comes from, follows one redirect at a time.

It tidies nothing up, and sends a cookie along with other sites' requests too, as a browser does
that knows no ``SameSite``.
"""

from __future__ import annotations

import http.client
import json
import re
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

# For a server that hangs. No answer is judged by how long it took.
_PATIENCE_SECONDS = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Reply(NamedTuple):
    """What came back."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        """The body."""
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def location(self) -> str:
        """Where it leads, as a whole address."""
        assert self.status in (302, 303), (self.status, self.text)
        (location,) = self.all("Location")
        return urljoin(self.url, location)

    @property
    def path(self) -> str:
        """Where it leads, without the origin, which is the own one."""
        where, here = urlsplit(self.location), urlsplit(self.url)
        assert (where.scheme, where.netloc) == (here.scheme, here.netloc)
        return where.path + (f"?{where.query}" if where.query else "")

    @property
    def vary(self) -> set[str]:
        """The names in ``Vary``."""
        return {name.strip().lower() for line in self.all("Vary") for name in line.split(",")}


class Browser:
    """Somebody's browser before a site whose sign-in is at ``/auth``."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies: dict[str, str] = {}
        """Of 127.0.0.1, whatever the port, as browsers have it."""

    def visit(self, url: str, *, by: str = "none", **headers: str) -> Reply:
        """Go to a page. ``by``: ``Sec-Fetch-Site``."""
        return self.send("GET", url, {**_navigation(by), **headers})

    def submit(self, url: str, *, by: str = "same-origin", **fields: str) -> Reply:
        """Send a form from a page of one's own, or of another site."""
        own = (
            self._origin_of(urljoin(self.origin, url))
            if by == "same-origin"
            else "https://evil.example"
        )
        headers = {**_navigation(by), **_FORM, "Origin": own}
        return self.send("POST", url, headers, urlencode(fields).encode("ascii"))

    def fetch(self, url: str, method: str = "GET", *, by: str = "same-origin") -> Reply:
        """What a script does."""
        headers = {"Accept": "*/*", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": by}
        if method != "GET":
            headers["Origin"] = self._origin_of(urljoin(self.origin, url))
            if by != "same-origin":
                headers["Origin"] = "https://evil.example"
        return self.send(method, url, headers)

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        """One request, with the cookies, and with nothing else."""
        url = urljoin(self.origin, url)
        where = urlsplit(url)
        connection = http.client.HTTPConnection(where.netloc, timeout=_PATIENCE_SECONDS)
        if self.cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers = {"Cookie": pairs, **headers}
        target = f"{where.path}?{where.query}" if where.query else where.path
        try:
            connection.request(method, target, body or None, {"Connection": "close", **headers})
            answer = connection.getresponse()
            reply = Reply(url, answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()
        for line in reply.all("Set-Cookie"):
            self._keep(line)
        return reply

    def begin(self, page: str = "/page", **query: str) -> str:
        """Ask to be signed in: the address of the pool's sign-in page."""
        return self.visit(f"/auth/login?{urlencode({'next': page, **query})}").location

    def authenticate(self, url: str, username: str = "alice") -> str:
        """Sign in at the pool: the address that leads back to the site."""
        reply = self.visit(url)
        if urlsplit(reply.location).path != "/login":  # the pool knows this browser already
            return reply.location
        form = self.visit(reply.location)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text)
        fields = {name: unescape(value) for name, value in hidden}
        return self.submit(form.url, **{**fields, "username": username}).location

    def sign_in(self, page: str = "/page", username: str = "alice") -> Reply:
        """Ask to be signed in, sign in, come back. What the callback answers."""
        return self.visit(self.authenticate(self.begin(page), username))

    def username(self) -> str | None:
        """Who the site thinks it is."""
        reply = self.fetch("/")
        assert reply.status == 200, reply.text
        name: str | None = reply.json["user"]
        return name

    @staticmethod
    def _origin_of(url: str) -> str:
        return "{0.scheme}://{0.netloc}".format(urlsplit(url))

    def _keep(self, line: str) -> None:
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def _navigation(by: str) -> dict[str, str]:
    return {
        "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Site": by,
    }


def next_of(page: str) -> str:
    """The path that leads to the sign-in for a page."""
    return f"/auth/login?next={quote(page, safe='')}"
