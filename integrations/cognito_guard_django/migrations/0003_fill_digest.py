"""A digest for each row that is there already."""

import hashlib
from typing import Any

from django.db import migrations

BATCH = 1000


def fill(apps: Any, schema_editor: Any) -> None:
    """In batches, each of which may be repeated."""
    model = apps.get_model("cognito_guard_django", "CognitoUserLink")
    rows = model._base_manager.using(schema_editor.connection.alias).filter(digest=None)
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            text = f"{row.issuer}\n{row.subject}"
            row.digest = hashlib.sha256(text.encode()).hexdigest()
        rows.model._base_manager.using(rows.db).bulk_update(batch, ["digest"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    """Backwards, there is nothing to do: the column goes."""

    dependencies = [  # noqa: RUF012  # Django's own way
        ("cognito_guard_django", "0002_cognitouserlink_digest_and_times")
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]  # noqa: RUF012
