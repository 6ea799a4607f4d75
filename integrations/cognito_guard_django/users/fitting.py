"""Whether the user model has a place for all that the settings want to store."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from cognito_guard import ConfigurationError

from ..settings import NAME, Problem, Settings
from .profile import has_django_groups

__all__ = ["lacking", "require_fields"]


def lacking(settings: Settings) -> list[Problem]:
    """The settings that the user model has no field for."""
    needed = {
        "GROUPS": (settings.groups != {}, "groups"),
        "STAFF_GROUPS": (settings.staff_groups is not None, "is_staff"),
        "SUPERUSER_GROUPS": (settings.superuser_groups is not None, "is_superuser"),
    }
    wanted = {name: field for name, (is_set, field) in needed.items() if is_set}
    if settings.stateless or not wanted:
        return []
    model: Any = get_user_model()
    fields = {field.name for field in model._meta.get_fields()}
    problems = []
    for name, field in wanted.items():
        if field not in fields:
            text = f"the user model {model._meta.label} has no field {field!r}"
        elif field == "groups" and not has_django_groups(model):
            text = f"{model._meta.label}.groups leads to no auth.Group"
        else:
            continue
        problems.append(Problem("E014", f"{NAME}[{name!r}]", text))
    return problems


def require_fields(settings: Settings) -> None:
    """Raise ``ConfigurationError`` where the user model lacks one: many servers start without
    ``manage.py check``."""
    problems = lacking(settings)
    if problems:
        raise ConfigurationError(
            f"{'; '.join(map(str, problems))}; remove the setting, or add PermissionsMixin (and "
            "is_staff) to the model"
        )
