from typing import Any

from django.db import migrations, models

# What the site said of such a failure, and counted it by.
SENTENCE = "It ran on the public rows, but gave no result on the secret ones."


def mark_failures(apps: Any, schema_editor: Any) -> None:
    """Set the column of failures that are known by their stored sentence so far."""
    failed = apps.get_model("bounty", "Submission").objects.using(schema_editor.connection.alias)
    failed.filter(state="failed", error_detail=SENTENCE).update(failed_on_secret_rows=True)


class Migration(migrations.Migration):
    dependencies = [("bounty", "0014_bundles_of_notices")]

    operations = [
        migrations.AddField("submission", "failed_on_secret_rows", models.BooleanField(default=False)),
        migrations.RunPython(mark_failures, migrations.RunPython.noop),
    ]
