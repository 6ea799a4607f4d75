"""Room for what makes identity exact on every database, and for which token was the newest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns, which processes with the former version of this app need not know."""

    dependencies = [("cognito_guard_django", "0001_initial")]  # noqa: RUF012  # Django's own way

    operations = [  # noqa: RUF012
        migrations.AddField(
            model_name="cognitouserlink",
            name="digest",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="cognitouserlink",
            name="rights_at",
            field=models.FloatField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="cognitouserlink",
            name="rights_seen",
            field=models.CharField(db_default="", default="", editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name="cognitouserlink",
            name="profile_at",
            field=models.FloatField(editable=False, null=True),
        ),
    ]
