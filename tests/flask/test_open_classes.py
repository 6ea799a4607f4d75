"""View classes that lost their guard, or got it too late: an error, and not an open route."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.typing import RouteCallable
from flask.views import MethodView

from cognito_guard import ConfigurationError
from cognito_guard.testing import open_routes
from cognito_guard_flask import CognitoGuard

from .conftest import As

Decorator = Callable[[Any], Any]
Made = Callable[[CognitoGuard, Decorator], RouteCallable]
Base = type[MethodView]


def wrapped(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as most are."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def wrapped_without_attributes(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that says what it wraps, and copies nothing else."""

    @functools.wraps(view, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def hidden(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not say what it wraps."""
    return lambda *args, **kwargs: view(*args, **kwargs)


_elsewhere: dict[str, Callable[..., Any]] = {}


def kept_elsewhere(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator whose wrapper does not know what it wraps until it is called."""
    name = str(len(_elsewhere))
    _elsewhere[name] = view
    return lambda *args, **kwargs: _elsewhere[name](*args, **kwargs)


class Open(MethodView):
    """A view that anybody may see, unless it is guarded."""

    def get(self) -> str:
        return "welcome"


def decorators_anew(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The list of a class below takes the place of the one with the guard."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [wrapped]

    return Report.as_view("view")


def no_decorators(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The same with an empty list, two classes further down."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar[list[Decorator]] = []

    class Monthly(Report):
        pass

    return Monthly.as_view("view")


def only_a_method(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """One method that is guarded does not stand for the class."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar[list[Decorator]] = []

        @decorate
        def post(self) -> str:
            return "posted"

    return Report.as_view("view")


def guarded_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The view function is older than the guard."""

    class Late(Open):
        pass

    view = Late.as_view("view")
    decorate(Late)
    return view


def wrapped_and_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The same, wrapped by others."""
    return wrapped(wrapped_without_attributes_of(guarded_too_late(cognito, decorate)))


def wrapped_without_attributes_of(view: Any) -> RouteCallable:
    """As extensions do that wrap view functions but keep the class."""
    wrapper: Any = wrapped_without_attributes(view)
    wrapper.view_class = view.view_class
    return wrapper  # type: ignore[no-any-return]


def cannot_be_seen(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard is there, but behind a decorator that hides it."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [*Admin.decorators, kept_elsewhere]

    return Report.as_view("view")


def own_list_lost(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard in the list of a class above is lost as well."""

    class Admin(Open):
        decorators: ClassVar = [wrapped, decorate]

    class Report(Admin):
        decorators: ClassVar = [wrapped]

    return Report.as_view("view")


def list_set_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The list is set when the view function is there."""

    class Late(Open):
        pass

    view = Late.as_view("view")
    Late.decorators = [functools.partial(decorate)]
    return view


def list_grows_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The list is added to when the view function is there."""

    class Late(Open):
        decorators: ClassVar[list[Decorator]] = [wrapped]

    view = Late.as_view("view")
    Late.decorators.append(decorate)
    return view


def singular(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """An attribute that nobody reads."""

    class Admin(Open):
        decorator = staticmethod(decorate)

    return Admin.as_view("view")


def of_another_extension(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The attribute that a class of Flask-RESTful's would read, and this one does not."""

    class Admin(Open):
        method_decorators: ClassVar = (decorate,)

    return Admin.as_view("view")


def by_http_method(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The same in its longer form."""

    class Admin(Open):
        method_decorators: ClassVar = {"get": [decorate]}

    return Admin.as_view("view")


def own_as_view(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class that makes its view function itself, and forgets its decorators."""

    @decorate
    class Admin(Open):
        @classmethod
        def as_view(cls, name: str, *args: Any, **kwargs: Any) -> RouteCallable:
            return lambda **values: cls().dispatch_request(**values)

    return Admin.as_view("view")


def a_method_as_view(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A method of a guarded class is registered in place of its view function."""

    @decorate
    class Admin(Open):
        pass

    return Admin().dispatch_request


def another_class(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The class of a view function is replaced by a guarded one."""

    @decorate
    class Admin(Open):
        pass

    view: Any = Open.as_view("view")
    view.view_class = Admin
    return view  # type: ignore[no-any-return]


@pytest.mark.parametrize("decorate", ["required", "optional"])
@pytest.mark.parametrize(
    "made",
    [
        own_list_lost,
        list_set_too_late,
        list_grows_too_late,
        singular,
        of_another_extension,
        by_http_method,
        own_as_view,
        a_method_as_view,
        another_class,
        decorators_anew,
        no_decorators,
        only_a_method,
        guarded_too_late,
        wrapped_and_too_late,
        cannot_be_seen,
    ],
    ids=lambda made: made.__name__,
)
def test_a_class_without_its_guard(
    made: Made, decorate: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A view of a guarded class that has no guard to be seen answers 500, to callers too."""
    app.add_url_rule("/", "view", made(cognito, getattr(cognito, decorate)))
    client = app.test_client()
    assert client.get("/").status_code == 500
    assert client.get("/", headers=as_user()).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match=r"class of endpoint 'view' is guarded, but"):
        client.get("/")


def own_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard stands in the list of the class."""

    class Admin(Open):
        decorators: ClassVar = [decorate]

    return Admin.as_view("view")


def below_own_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """It is inherited from there."""

    class Admin(Open):
        decorators: ClassVar = [wrapped, decorate]

    class Report(Admin):
        pass

    return Report.as_view("view")


def longer_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below adds to the list, above and below the guard."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [hidden, *Admin.decorators, wrapped, wrapped_without_attributes]

    return Report.as_view("view")


def hidden_by_others(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard is behind a decorator that does not say what it wraps."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [*Admin.decorators, hidden]

    return Report.as_view("view")


def another_guard(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below has a guard of its own in place of the inherited one."""

    @cognito.required(groups="admins")
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [decorate]

    return Report.as_view("view")


def guarded_below_too(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below sets the list anew and is guarded again."""

    @cognito.required(groups="admins")
    class Admin(Open):
        pass

    @decorate
    class Report(Admin):
        decorators: ClassVar = [hidden]

    return Report.as_view("view")


def guarded_as_function(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The view function itself is guarded, and wrapped by others."""
    view: RouteCallable = decorate(guarded_too_late(cognito, decorate))
    return wrapped_without_attributes_of(view)


@pytest.mark.parametrize(("decorate", "anonymous"), [("required", 401), ("optional", 200)])
@pytest.mark.parametrize(
    "made",
    [
        own_list,
        below_own_list,
        longer_list,
        hidden_by_others,
        another_guard,
        guarded_below_too,
        guarded_as_function,
    ],
    ids=lambda made: made.__name__,
)
def test_a_class_with_its_guard(
    made: Made, decorate: str, anonymous: int, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """Where the guard is there, on whatever way it came, the view is as the guard says."""
    app.add_url_rule("/", "view", made(cognito, getattr(cognito, decorate)))
    client = app.test_client()
    assert client.get("/").status_code == anonymous
    assert client.get("/", headers={"Authorization": "Bearer junk"}).status_code == 401
    assert client.get("/", headers=as_user()).text == "welcome"


def test_a_view_that_knows_nothing_of_its_class(cognito: CognitoGuard, app: Flask) -> None:
    """What a class's own `as_view` makes of nothing cannot be told from an open view, as the docs
    say; `open_routes` lists it."""

    class Admin(Open):
        decorators: ClassVar = [cognito.required]

    class Report(Admin):
        @classmethod
        def as_view(cls, name: str, *args: Any, **kwargs: Any) -> RouteCallable:
            return lambda: "report"

    app.add_url_rule("/", "view", Admin.as_view("view"))
    app.add_url_rule("/report", "report", Report.as_view("report"))
    assert open_routes(app) == ["/report"]


NAMES = [
    "required_group",
    "required_groups",
    "required_scopes",
    "required_roles",
    "required_policy",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_only_reads_like_a_requirement(name: str, cognito: CognitoGuard) -> None:
    """An attribute of a guarded class that other adapters would read is an error, inherited too."""
    base = type("Base", (Open,), {name: "admins"})
    for kind in (base, type("Below", (base,), {})):
        with pytest.raises(ConfigurationError, match=f"{name} would be ignored"):
            cognito.required(kind)


def set_below(cognito: CognitoGuard, app: Flask) -> type[MethodView]:
    """It stands in a class below the guarded one."""

    @cognito.required
    class Admin(Open):
        pass

    return type("Below", (Admin,), {"required_groups": ["admins"]})


def set_too_late(cognito: CognitoGuard, app: Flask) -> type[MethodView]:
    """It was set after the class was made."""

    @cognito.required
    class Admin(Open):
        pass

    Admin.required_groups = ["admins"]  # type: ignore[attr-defined]
    return Admin


def in_a_list(cognito: CognitoGuard, app: Flask) -> type[MethodView]:
    """The class has its guard in its list."""

    class Admin(Open):
        decorators: ClassVar = [cognito.required]
        required_groups: ClassVar = ["admins"]

    return Admin


def in_a_protected_app(cognito: CognitoGuard, app: Flask) -> type[MethodView]:
    """The app is what is guarded."""
    cognito.protect(app)
    return type("Admin", (Open,), {"required_groups": ["admins"]})


@pytest.mark.parametrize(
    "made", [set_below, set_too_late, in_a_list, in_a_protected_app], ids=lambda m: m.__name__
)
def test_what_reads_like_a_requirement_later(
    made: Callable[[CognitoGuard, Flask], type[MethodView]],
    cognito: CognitoGuard,
    app: Flask,
    as_user: As,
) -> None:
    """Where it cannot be noticed when the class is made, it is with the first request."""
    app.add_url_rule("/", view_func=made(cognito, app).as_view("view"))
    client = app.test_client()
    for headers in ({}, as_user()):
        assert client.get("/", headers=headers).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="required_groups would be ignored"):
        client.get("/")


def test_attributes_of_an_open_class(cognito: CognitoGuard, app: Flask) -> None:
    """A class that this library does not guard may have such a name for something of its own."""
    kind = type("Own", (Open,), {"required_groups": ["admins"], "decorator_count": 0})
    app.add_url_rule("/", view_func=kind.as_view("view"))
    assert app.test_client().get("/").text == "welcome"


def its_method(cognito: CognitoGuard, decorate: Decorator, base: Base) -> RouteCallable:
    """A class below has another method in place of the guarded one."""
    return type("Below", (base,), {"get": lambda self: "welcome"}).as_view("view")


def a_mixin(cognito: CognitoGuard, decorate: Decorator, base: Base) -> RouteCallable:
    """Another class brings it, and a third one inherits from both."""
    mixin = type("Mixin", (), {"get": Open.get})
    return type("Third", (type("Mixed", (mixin, base), {}),), {}).as_view("view")


def wrapped_method(
    cognito: CognitoGuard, decorate: Decorator, base: type[MethodView]
) -> RouteCallable:
    """The method has a decorator, but not ours; another method has ours."""

    class Below(base):  # type: ignore[valid-type, misc]
        @decorate
        def post(self) -> str:
            return "posted"

        @wrapped
        def get(self) -> str:
            return "welcome" if self else super().get()

    return Below.as_view("view")


def dispatch(cognito: CognitoGuard, decorate: Decorator, base: Base) -> RouteCallable:
    """The method is never called."""
    return type("Below", (base,), {"dispatch_request": lambda self: "welcome"}).as_view("view")


def stricter(cognito: CognitoGuard, decorate: Decorator, base: Base) -> RouteCallable:
    """The class above both is guarded as a whole, which may ask for less."""
    guarded = decorate(type("Whole", (Open,), {}))
    below = type("Strict", (guarded,), {"get": decorate(lambda self: "welcome")})
    return type("Below", (below,), {"get": lambda self: "welcome"}).as_view("view")


@pytest.mark.parametrize("decorate", ["required", "optional"])
@pytest.mark.parametrize(
    ("made", "name"),
    [
        (its_method, "get"),
        (a_mixin, "get"),
        (wrapped_method, "get"),
        (dispatch, "dispatch_request"),
        (stricter, "get"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_method_without_its_guard(
    made: Any, name: str, decorate: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """Where a class below replaces a guarded method by one that is not, the route answers 500."""
    guard = getattr(cognito, decorate)
    base = type("Base", (MethodView,), {"get": guard(lambda self: "welcome")})
    app.add_url_rule("/", "view", made(cognito, guard, base))
    client = app.test_client()
    for headers in ({}, as_user()):
        assert client.get("/", headers=headers).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match=rf"\.{name} of endpoint 'view' has no guard"):
        client.get("/")


def guarded_anew(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """The method below has a guard of its own."""
    return type("Below", (base,), {"get": cognito.required(Open.get)}).as_view("view")


def guarded_static(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """So has this one, which is a static method and wrapped."""
    get = staticmethod(hidden(cognito.required(lambda: "welcome")))
    return type("Below", (base,), {"get": get}).as_view("view")


def guarded_as_a_whole(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """The class below is guarded, or the one that comes after it."""
    below = type("Below", (base,), {"get": Open.get})
    return cognito.required(type("Last", (below,), {})).as_view("view")


def guarded_view(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """The view function is guarded."""
    return cognito.required(type("Below", (base,), {"get": Open.get}).as_view("view"))


def guarded_dispatch(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """What calls the methods is guarded, and calls the one that is."""

    class Below(base):  # type: ignore[valid-type, misc]
        @cognito.required
        def dispatch_request(self) -> Any:
            return super().dispatch_request()

    return Below.as_view("view")


def dispatch_above(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """What calls the methods was there before, as that of other extensions is."""

    class Above(MethodView):
        def dispatch_request(self) -> Any:
            return super().dispatch_request()

    get = cognito.required(lambda self: "welcome")
    return type("Below", (Above,), {"get": get, "delete": None}).as_view("view")


def another_method(cognito: CognitoGuard, base: Base) -> RouteCallable:
    """A method is added, and one that is guarded is taken away."""
    return type("Below", (base,), {"post": lambda self: "posted", "delete": None}).as_view("view")


@pytest.mark.parametrize(
    "made",
    [
        guarded_anew,
        guarded_static,
        guarded_as_a_whole,
        guarded_view,
        guarded_dispatch,
        dispatch_above,
        another_method,
    ],
    ids=lambda made: made.__name__,
)
def test_a_method_with_a_guard(made: Any, cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """Where there is another guard in its place, the view is as that one says."""
    guarded = {name: cognito.required(lambda self: "welcome") for name in ("get", "delete")}
    app.add_url_rule("/", "view", made(cognito, type("Base", (MethodView,), guarded)))
    client = app.test_client()
    assert client.get("/").status_code == 401
    assert client.get("/", headers=as_user()).text == "welcome"


class HandingOut:
    """Gives everybody the same iterator."""

    def __init__(self, members: list[Any]) -> None:
        self._members = iter(members)

    def __iter__(self) -> Any:
        return self._members


@pytest.mark.parametrize(
    "listed", [iter, lambda one: {"get": iter(one)}, lambda one: [iter(one)], HandingOut]
)
@pytest.mark.parametrize("name", ["decorators", "method_decorators"])
def test_decorators_that_are_read_once(
    name: str, listed: Callable[[list[Decorator]], Any], cognito: CognitoGuard, app: Flask
) -> None:
    """An iterator is used up by the first view or request, and leaves the others open."""

    class Once(MethodView):
        def get(self) -> str:
            return "welcome"

    # As for the second view of the class.
    view = Once.as_view("view")
    setattr(Once, name, listed([cognito.required]))
    app.add_url_rule("/", view_func=view)
    assert app.test_client().get("/").status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="only once"):
        app.test_client().get("/")


class Site:
    """A class of somebody else's, whose methods are views, as those of Flask-Admin are."""

    def get(self) -> str:
        return "welcome"

    @classmethod
    def of_class(cls) -> str:
        return "welcome"


def its_bound_method(cognito: CognitoGuard) -> RouteCallable:
    """A class below has another method in place of the guarded one."""
    base = type("Base", (Site,), {"get": cognito.required(Site.get)})
    return type("Below", (base,), {"get": lambda self: "welcome"})().get  # type: ignore[attr-defined, no-any-return]


def its_wrapped_method(cognito: CognitoGuard) -> RouteCallable:
    """The same where it is wrapped, as Flask-Classful does."""
    return hidden(wrapped(its_bound_method(cognito)))


def its_class_method(cognito: CognitoGuard) -> RouteCallable:
    """A class below has another class method."""
    guarded = classmethod(cognito.required(lambda cls: "welcome"))
    base = type("Base", (Site,), {"of_class": guarded})
    return type("Below", (base,), {"of_class": classmethod(lambda cls: "welcome")}).of_class  # type: ignore[attr-defined, no-any-return]


def its_decorators(cognito: CognitoGuard) -> RouteCallable:
    """What decorates the views of such a class has not decorated this one."""
    return type("Base", (Site,), {"decorators": [cognito.required]})().get  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (its_bound_method, r"Below\.get of endpoint 'view' has no guard"),
        (its_wrapped_method, r"Below\.get of endpoint 'view' has no guard"),
        (its_class_method, r"Below\.of_class of endpoint 'view' has no guard"),
        (its_decorators, r"class of endpoint 'view' is guarded, but"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_bound_method_without_its_guard(
    made: Any, message: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A class need not be a ``View`` for its guard to be missed."""
    app.add_url_rule("/", "view", made(cognito))
    client = app.test_client()
    for headers in ({}, as_user()):
        assert client.get("/", headers=headers).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match=message):
        client.get("/")


def test_bound_methods_with_a_guard(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A guard before the method itself, or one that is inherited, is a guard; an open method of a
    class without one stays open."""
    base = type("Base", (Site,), {"get": cognito.required(Site.get)})
    below: Any = type("Below", (base,), {"get": lambda self: "welcome"})
    app.add_url_rule("/before", "before", cognito.required(below().get))
    app.add_url_rule("/inherited", "inherited", type("Inherits", (base,), {})().get)  # type: ignore[attr-defined]
    app.add_url_rule("/open", "open", Site().get)
    client = app.test_client()
    assert client.get("/open").text == "welcome"
    for path in ("/before", "/inherited"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=as_user()).text == "welcome"
