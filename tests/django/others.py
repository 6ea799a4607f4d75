"""Middlewares of somebody else's, around ours and behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from cognito_guard_django.middleware import CognitoMiddleware

Chain = Callable[[HttpRequest], Any]

seen: list[Any] = []
"""What the middlewares here have been handed; emptied by the tests that look."""


class OurKind(CognitoMiddleware):
    """A subclass of ours."""


class TheirKind(AuthenticationMiddleware):
    """A subclass of Django's."""


def our_function(get_response: Chain) -> Any:
    """A function in place of ours."""
    return CognitoMiddleware(get_response)


def our_closure(get_response: Chain) -> Chain:
    """Another, that keeps ours to itself."""
    ours = CognitoMiddleware(get_response)

    def middleware(request: HttpRequest) -> Any:
        return ours(request)

    return middleware


class OurHolder:
    """A class that holds ours."""

    def __init__(self, get_response: Chain) -> None:
        self.inner = partial(CognitoMiddleware(get_response))

    def __call__(self, request: HttpRequest) -> Any:
        return self.inner(request)


def their_function(get_response: Chain) -> Any:
    """A function in place of Django's."""
    theirs = AuthenticationMiddleware(get_response)

    @wraps(get_response)
    def middleware(request: HttpRequest) -> Any:
        return theirs(request)

    return middleware


class Method:
    """A middleware that is a bound method."""

    def __init__(self, get_response: Chain) -> None:
        self.next = get_response

    def handle(self, request: HttpRequest) -> Any:
        """Pass it on."""
        return self.next(request)


def bound(get_response: Chain) -> Any:
    """See ``Method``."""
    return Method(get_response).handle


@sync_and_async_middleware
def plain(get_response: Chain) -> Any:
    """A function that has nothing to do with anybody; a name that is never set stands in it."""
    if False:
        never = 1

    def unused() -> int:
        return never  # type: ignore[possibly-undefined]

    def middleware(request: HttpRequest) -> Any:
        assert unused
        return get_response(request)

    return middleware


def impostor(get_response: Chain) -> Chain:
    """Puts somebody into ``request.user``."""

    def middleware(request: Any) -> Any:
        request.user = Somebody()
        return get_response(request)

    return middleware


class Somebody:
    """A user of somebody else's."""

    is_authenticated = True

    def get_username(self) -> str:
        return "somebody"


def lazy(get_response: Chain) -> Chain:
    """Wraps the user, as packages for one-time codes do."""

    def middleware(request: Any) -> Any:
        user = request.user
        request.user = SimpleLazyObject(lambda: user)
        return get_response(request)

    return middleware


def identity(get_response: Chain) -> Chain:
    """Has an idea of its own of what ``request.identity`` is."""

    def middleware(request: Any) -> Any:
        request.identity = IDENTITY.value
        request._cognito_guard_verdict = IDENTITY
        request._cognito_guard_caller = IDENTITY
        return get_response(request)

    return middleware


def identity_only(get_response: Chain) -> Chain:
    """The same, but for what nobody sets by accident."""

    def middleware(request: Any) -> Any:
        request.identity = IDENTITY.value
        return get_response(request)

    return middleware


class IDENTITY:
    """What looks like a caller, and is none of ours."""

    value: ClassVar[Any] = None


def overriding(get_response: Chain) -> Chain:
    """Lets a header or the address say what the method is."""

    def middleware(request: Any) -> Any:
        seen.append(request)
        assert request.body is not None  # read while it can be
        for name in ("X-HTTP-Method-Override", "X-Method-Override"):
            request.method = request.headers.get(name, request.method)
        request.method = request.GET.get("_method", request.method)
        return get_response(request)

    return middleware


def to_post(get_response: Chain) -> Chain:
    """Makes a POST of everything, whatever it says."""

    def middleware(request: Any) -> Any:
        request.method = "POST"
        return get_response(request)

    return middleware


def rewriting(get_response: Chain) -> Chain:
    """Leads every request to ``/me``."""

    def middleware(request: Any) -> Any:
        request.path_info = "/me"
        return get_response(request)

    return middleware


def other_urls(get_response: Chain) -> Chain:
    """Leads every request to other URLs, as packages for subdomains do."""

    def middleware(request: Any) -> Any:
        request.urlconf = "tests.django.other_urls"
        response = get_response(request)
        if hasattr(request, "urlconf"):
            del request.urlconf
        return response

    return middleware


def other_request(get_response: Chain) -> Chain:
    """Passes on a request of its own making."""

    def middleware(request: Any) -> Any:
        return get_response(type(request)(request.environ))

    return middleware


def missing(get_response: Chain) -> Chain:
    """Finds nothing."""

    def middleware(request: Any) -> Any:
        raise Http404

    return middleware


def broken(get_response: Chain) -> Chain:
    """Has a mistake."""

    def middleware(request: Any) -> Any:
        raise KeyError("x")

    return middleware


def page(get_response: Chain) -> Chain:
    """Answers with a page of its own, such as one about maintenance."""

    def middleware(request: Any) -> Any:
        response = HttpResponse("the view ran", headers={"X-Page": "1", "Content-Length": "12"})
        response.set_cookie("page", "1")
        return response

    return middleware


def streamed(get_response: Chain) -> Chain:
    """The same in pieces."""

    def middleware(request: Any) -> Any:
        return StreamingHttpResponse(iter([b"the view", b" ran"]))

    return middleware


class ViewCaller:
    """Calls the view before anybody else is asked."""

    def __init__(self, get_response: Chain) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        """Call it, and give what it gives."""
        return view(request, *args, **kwargs)


class Instrument:
    """Measures a middleware, as tracers do: it stands in its place, and wraps its methods."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Chain) -> None:
        self._inner = CognitoMiddleware(get_response)
        if iscoroutinefunction(self._inner):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self._inner(request)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        @wraps(method)
        def measured(*args: Any, **kwargs: Any) -> Any:
            return method(*args, **kwargs)

        return measured
