"""How many bytecode instructions a Django request takes. In a process of its own, as Django has one
set of settings in each::

    python -m tests.benchmarks.budget_django
"""

from __future__ import annotations

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

from .budget import instructions, wsgi_request
from .material import good_token

urlpatterns = []


def main() -> None:
    """A GET of a view that is guarded and does nothing, with users who are stored nowhere."""
    pool = LocalUserPool()
    settings.configure(
        ALLOWED_HOSTS=["localhost"],
        INSTALLED_APPS=["cognito_guard_django"],
        MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
        COGNITO_GUARD={"GUARD": Guard(pool.trust(allow_outside_tests=True)), "USERS": "stateless"},
        ROOT_URLCONF=__name__,
        SECRET_KEY="for the benchmark",
    )
    django.setup()
    from cognito_guard_django.decorators import cognito_required

    @cognito_required
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    urlpatterns.append(path("", view))
    print(instructions(wsgi_request(get_wsgi_application(), good_token(pool))))


if __name__ == "__main__":
    main()
