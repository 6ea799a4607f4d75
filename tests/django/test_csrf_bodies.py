"""CSRF: whether the body of a request is read before the view, which may want to read it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required

from .conftest import Configure
from .test_csrf import CSRF, OURS, csrf


@pytest.fixture(autouse=True)
def _cookie(configure: Configure) -> None:
    configure(USERS="stateless", COOKIE="token")


def _raw(request: Any) -> HttpResponse:
    """Reads the body by itself, as a web hook that compares a signature does."""
    return HttpResponse(str(len(request.body)))


def _upload(request: Any) -> HttpResponse:
    """Says what is to become of files before any is read."""
    request.upload_handlers.insert(0, MemoryFileUploadHandler(request))
    return HttpResponse(str(sorted(request.FILES)))


def _stream(request: Any) -> HttpResponse:
    """Reads the body piece by piece."""
    return HttpResponse(str(len(request.read(10))))


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("order", [[OURS], [CSRF, OURS]])
@pytest.mark.parametrize("view", [_raw, _upload, _stream])
def test_views_that_read_the_body_by_themselves(
    view: Any, order: list[str], asynchronous: bool, pool: LocalUserPool
) -> None:
    """A form with files is left to the view where a header has the token. A wrong header is no
    reason to refuse what the body says right, and no way in."""
    client: Any = (AsyncClient if asynchronous else Client)(enforce_csrf_checks=True)
    client.cookies.load({"token": pool.access_token()})
    post = async_to_sync(client.post) if asynchronous else client.post
    cookie, header = csrf()
    client.cookies.load(cookie)
    urls = Urls(urlpatterns=[path("read", csrf_exempt(cognito_required(view)))])
    wrong = {"X-CSRFToken": "x" * 64}

    def form() -> dict[str, Any]:
        return {"f": SimpleUploadedFile("a", b"x")}

    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=order):
        answer = post("/read", form(), headers=header)
        assert answer.status_code == 200
        assert answer.content not in (b"0", b"[]")
        assert post("/read", form(), headers=wrong).status_code == 403
        assert post("/read", form()).status_code == 403
    with override_settings(ROOT_URLCONF=Urls(urlpatterns=[path("read", _seen)]), MIDDLEWARE=order):
        body = {"csrfmiddlewaretoken": header["X-CSRFToken"], **form()}
        assert post("/read", body, headers=wrong).content == b"['f']"


@csrf_exempt
def _seen(request: Any) -> HttpResponse:
    return HttpResponse(str(sorted(request.FILES)))
