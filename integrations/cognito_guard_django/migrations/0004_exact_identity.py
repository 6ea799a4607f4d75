"""One user for a caller, by the digest. The former rule took two subjects for one where the
database's collation folds case, accents or trailing spaces."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Backwards, the former rule comes first: it fails while two callers are one to the database,
    and nothing is changed then."""

    dependencies = [("cognito_guard_django", "0003_fill_digest")]  # noqa: RUF012  # Django's own way

    operations = [  # noqa: RUF012
        migrations.AlterField(
            model_name="cognitouserlink",
            name="digest",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.RemoveConstraint(
            model_name="cognitouserlink", name="cognito_guard_issuer_subject"
        ),
    ]
