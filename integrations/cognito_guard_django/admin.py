"""The admin's view of who is who. A row made here lets a caller in as a user who existed before."""

from __future__ import annotations

from django.contrib import admin

from .models import CognitoUserLink


@admin.register(CognitoUserLink)
class CognitoUserLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Links, to be searched by subject."""

    list_display = ("user", "full_name", "subject", "issuer", "first_seen")
    list_display_links = ("user", "subject")
    list_select_related = ("user",)
    search_fields = ("subject",)
    raw_id_fields = ("user",)

    @admin.display(description="name")
    def full_name(self, link: CognitoUserLink) -> str:
        """The user's name, as the project's model gives it."""
        named = getattr(link.user, "get_full_name", None)
        return str(named()) if callable(named) else ""
