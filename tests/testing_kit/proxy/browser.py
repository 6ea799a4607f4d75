"""A browser, as far as the proxy can tell: cookies, forms, redirects one at a time."""

from __future__ import annotations

import re
from html import unescape

import httpx


class Browser(httpx.Client):
    """Keeps cookies, ignores the machine's proxies, and follows no redirect by itself."""

    def __init__(self) -> None:
        super().__init__(trust_env=False, follow_redirects=False, timeout=60)

    def fields(self, page: httpx.Response) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
        return {name: unescape(value) for name, value in found}

    def choose(self, page: httpx.Response, username: str) -> httpx.Response:
        """Click on a user's button on the login page."""
        return self.post(page.url, data={**self.fields(page), "username": username})

    def sign_in(self, url: str, username: str = "alice") -> httpx.Response:
        """Ask for a page, sign in on the way, and arrive."""
        sent_away = self.get(url)
        assert sent_away.status_code == 302
        chosen = self.choose(self.get(sent_away.url.join(sent_away.headers["Location"])), username)
        assert chosen.status_code == 302, chosen.text
        return self.get(chosen.url.join(chosen.headers["Location"]))
