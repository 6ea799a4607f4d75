"""``CognitoAuth(guard, problem_details=True)``: refusals in the shape that every other door has."""

# No `from __future__ import annotations`: FastAPI reads those of functions within functions.

import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from cognito_guard import ConfigurationError, Guard, Identity, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi.fastapi import CognitoAuth

from .conftest import Run

PAGE = "https://docs.example.com/errors"


@pytest.fixture
def guard(pool: LocalUserPool) -> Guard:
    """A guard whose refusals name a page."""
    return Guard(pool.trust(), docs_url=PAGE)


def app_of(guard: Guard, **more: Any) -> FastAPI:
    """An app with a refusal of every origin."""
    auth = CognitoAuth(guard, problem_details=True, **more)
    app = FastAPI(responses=auth.responses)
    router = APIRouter()

    @router.get("/me")
    async def me(user: Annotated[Identity, Depends(auth)]) -> str:
        return user.subject

    @router.get("/admin")
    async def admin(user: Annotated[Identity, Depends(auth.require(groups="admins"))]) -> str:
        return user.subject

    @router.get("/raised")
    async def raised(user: Annotated[Identity, Depends(auth)]) -> str:
        return auth.enforce(require_groups("admins"), user).subject

    @router.get("/perhaps")
    async def perhaps(user: Annotated[Identity | None, Depends(auth.optional)]) -> bool:
        return user is not None

    @router.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, "short and stout")

    app.include_router(router)
    return app


def problem(answer: Any) -> Any:
    """The body of a refusal, held against what the type of its content promises."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "status", "title", "detail", "error", "reason"}
    assert answer.json()["status"] == answer.status_code
    return answer.json()


@pytest.mark.parametrize("install", [False, True])
def test_refusals_are_problem_details(guard: Guard, pool: LocalUserPool, install: bool) -> None:
    """By one argument, with or without ``install``, wherever the refusal comes from."""
    app = app_of(guard)
    if install:
        CognitoAuth(guard, problem_details=True).install(app)
    client = TestClient(app)
    missing = client.get("/me")
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"] == "Bearer"
    assert (missing.headers["cache-control"], missing.headers["vary"]) == (
        *("no-store", "Authorization"),
    )
    assert problem(missing) == {
        "type": f"{PAGE}#missing_credentials",
        "status": 401,
        "title": "Unauthorized",
        "detail": "The request carries no bearer token.",
        "error": None,
        "reason": "missing_credentials",
    }
    bearer = {"Authorization": f"Bearer {pool.access_token()}"}
    for path in ("/admin", "/raised"):
        assert problem(client.get(path, headers=bearer))["reason"] == "missing_group"
    bad = {"Authorization": "Bearer x"}
    assert problem(client.get("/perhaps", headers=bad))["reason"] == "malformed_token"
    assert client.get("/me", headers=bearer).status_code == 200
    # What is none of ours stays what it is.
    assert client.get("/teapot").json() == {"detail": "short and stout"}


def test_without_the_argument_the_shape_is_that_of_fastapi(guard: Guard) -> None:
    """And it has the ``type``, too."""
    auth = CognitoAuth(guard)
    app = FastAPI()
    app.get("/me", dependencies=[Depends(auth)])(lambda: None)
    told = TestClient(app).get("/me")
    assert told.headers["content-type"] == "application/json"
    assert told.json() == {
        "detail": {
            "detail": "The request carries no bearer token.",
            "reason": "missing_credentials",
            "error": None,
            "type": f"{PAGE}#missing_credentials",
        }
    }


def test_mounted_apps_answer_alike(guard: Guard) -> None:
    """Each app has handlers of its own."""
    app = FastAPI()
    app.mount("/inner", app_of(guard))
    assert problem(TestClient(app).get("/inner/me"))["reason"] == "missing_credentials"


def test_handler_of_the_app_for_all_http_errors_does_not_see_it(guard: Guard) -> None:
    """Who asks for problem details gets them."""
    app = app_of(guard)

    @app.exception_handler(HTTPException)
    async def own(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("own", 400)

    client = TestClient(app)
    assert problem(client.get("/me"))["reason"] == "missing_credentials"
    assert client.get("/teapot").text == "own"


def test_websocket_is_denied_with_problem_details(guard: Guard) -> None:
    """Where the server can."""
    auth = CognitoAuth(guard, problem_details=True)
    app = FastAPI()

    @app.websocket("/chat")
    async def chat(user: Annotated[Identity, Depends(auth)]) -> None:
        raise AssertionError

    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        TestClient(app).websocket_connect("/chat"),
    ):
        pass
    assert problem(denied.value)["reason"] == "missing_credentials"


def test_openapi_document_says_so(guard: Guard) -> None:
    """The type of the content, and what is in it."""
    document = app_of(guard).openapi()
    told = document["paths"]["/me"]["get"]["responses"]["401"]
    (kind, said) = next(iter(told["content"].items()))
    assert kind == "application/problem+json"
    assert set(said["schema"]["properties"]) == {
        *("type", "status", "title", "detail", "error", "reason"),
    }
    assert json.dumps(document)


@pytest.mark.parametrize("make", [CognitoAuth, lambda guard, **more: CognitoAuth(guard, **more)])
def test_anything_but_a_truth_is_an_error(guard: Guard, make: Callable[..., Any]) -> None:
    """A text would be true, whatever it says."""
    with pytest.raises(ConfigurationError, match=r"^problem_details must be True or False$"):
        make(guard, problem_details="false")


def test_asked_by_hand_it_is_an_http_exception(guard: Guard, run: Run) -> None:
    """No app is around that could be told."""
    auth = CognitoAuth(guard, problem_details=True)
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    with pytest.raises(HTTPException) as refused:
        run(lambda: auth(request))
    assert refused.value.status_code == 401
    assert refused.value.detail["reason"] == "missing_credentials"  # type: ignore[index]
