"""The admin's view of who is who. A row made here lets a caller in as a user who existed before."""

from __future__ import annotations

from django.contrib import admin

from .models import CognitoUserLink


@admin.register(CognitoUserLink)
class CognitoUserLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Links, to be searched by subject."""

    list_display = ("subject", "issuer", "user", "first_seen")
    list_select_related = ("user",)
    search_fields = ("subject",)
    raw_id_fields = ("user",)
