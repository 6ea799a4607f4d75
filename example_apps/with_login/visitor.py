"""Somebody before one of the sites, who keeps cookies and follows redirects."""

from __future__ import annotations

import re
from typing import Any

import httpx

# What tells a person's browser from a script (Fetch Metadata).
_PERSON = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}


class Visitor(httpx.Client):
    """A browser, as far as the sites can tell."""

    def __init__(self, origin: str, **more: Any) -> None:
        super().__init__(
            base_url=origin,
            headers=_PERSON,
            follow_redirects=True,
            trust_env=False,
            timeout=60,
            **more,
        )

    def choose(self, page: httpx.Response, username: str) -> httpx.Response:
        """Choose a user on the pool's page, which an answer has led to."""
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page.text.split("<button")[0]))
        return self.post(page.url, data={**fields, "username": username})

    def sign_in(self, username: str, page: str = "/profile") -> httpx.Response:
        """Go to a page that asks for a sign-in, sign in, and come back."""
        return self.choose(self.get(page), username)

    def sign_out(self, by: str = "same-origin") -> httpx.Response:
        """Send the form that signs out. ``by``: whose page it is on (``Sec-Fetch-Site``)."""
        home = self.get("/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', home)  # Django's
        data = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self.post("/auth/logout", data=data, headers={"Sec-Fetch-Site": by})
