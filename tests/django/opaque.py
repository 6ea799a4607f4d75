"""Middlewares of other people's that nobody can look into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest

from cognito_guard_django.middleware import CognitoMiddleware

Chain = Callable[[HttpRequest], Any]


class Slotted:
    """What comes next is in a slot."""

    __slots__ = ("get_response",)

    def __init__(self, get_response: Chain) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)


class Listed:
    """In a list."""

    def __init__(self, get_response: Chain) -> None:
        self.chain = [get_response]

    def __call__(self, request: HttpRequest) -> Any:
        return self.chain[0](request)


def closure(get_response: Chain) -> Chain:
    """In a dictionary of a function."""
    held = {"next": get_response}

    def middleware(request: HttpRequest) -> Any:
        return held["next"](request)

    return middleware


def default(get_response: Chain) -> Chain:
    """In the default of an argument."""

    def middleware(request: HttpRequest, following: Chain = get_response) -> Any:
        return following(request)

    return middleware


class OfTheClass:
    """In an attribute of the class."""

    following: ClassVar[Any] = None

    def __init__(self, get_response: Chain) -> None:
        type(self).following = staticmethod(get_response)

    def __call__(self, request: HttpRequest) -> Any:
        return type(self).following(request)


def our_slot(get_response: Chain) -> Any:
    """Ours, where nobody sees it."""
    return Slotted(CognitoMiddleware(get_response))


def their_slot(get_response: Chain) -> Any:
    """Django's, where nobody sees it."""
    return Slotted(AuthenticationMiddleware(get_response))


class Either:
    """Asks ours about one half of the site and Django's about the other."""

    def __init__(self, get_response: Chain) -> None:
        self.theirs = Slotted(AuthenticationMiddleware(get_response))
        self.ours = CognitoMiddleware(get_response)
        self.process_view = self.ours.process_view

    def __call__(self, request: HttpRequest) -> Any:
        chosen: Any = self.theirs if request.path == "/theirs" else self.ours
        return chosen(request)


class NotUsed(AuthenticationMiddleware):
    """Django's, made and not used."""

    def __init__(self, get_response: Chain) -> None:
        super().__init__(get_response)
        raise MiddlewareNotUsed


class OursNotUsed(CognitoMiddleware):
    """Ours, made and not used."""

    def __init__(self, get_response: Chain) -> None:
        super().__init__(get_response)
        raise MiddlewareNotUsed


class Late:
    """Ours, made when the first request comes."""

    def __init__(self, get_response: Chain) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return CognitoMiddleware(self.get_response)(request)


class Changing:
    """Changes who is calling, right before the view."""

    def __init__(self, get_response: Chain) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(self, request: Any, *_: object) -> None:
        """Put another identity there."""
        request.identity = "somebody"
