import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The chain. A competition that is older begins its own with its next entry, from how it stands then."""

    dependencies = [("bounty", "0003_harm_and_bounds")]

    operations = [
        migrations.CreateModel(
            name="ChainEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="From 0.")),
                ("kind", models.CharField(max_length=16)),
                ("payload", models.TextField()),
                ("previous", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "competition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chain",
                        to="bounty.competition",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "chain entries",
                "ordering": ["competition", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("competition", "number"), name="chain_number_once")
                ],
            },
        ),
    ]
