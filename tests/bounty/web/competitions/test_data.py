"""What the table means, and downloads: public rows and nothing else."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from django.test import Client
from django.urls import reverse

from evaluator.schema import Column, Label, Schema
from tests.world import SCHEMA, SIZES


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path


def fetch(competition, name: str, person=None) -> bytes:
    client = Client()
    if person is not None:
        client.force_login(person)
    answer = client.get(reverse("data-download", args=[competition.slug, name]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_the_page_tells_columns_meanings_and_values(competition):
    text = Client().get(f"/c/{competition.slug}/data/").content.decode()
    for word in ("AGE", "years", "describes people", "female", "Visits last year", "saw a doctor"):
        assert word in text


def test_codes_and_not_applicable_values_are_in_words(competition):
    columns = (Column("MAR", "category", values=(1, 2, 9), codes={"1": "married"}, not_applicable=(9,)),)
    competition.schema_json = Schema(columns, Label("SEEN", "binary", (0, 1), codes={"1": "yes"})).to_json()
    competition.save()
    text = Client().get(f"/c/{competition.slug}/data/").content.decode()
    assert "married" in text
    assert "Not applicable" in text


@pytest.mark.parametrize("split", ["train", "explore"])
def test_a_split_comes_as_parquet_with_features_and_label_alone(world, split):
    frame = pd.read_parquet(io.BytesIO(fetch(world.competition, f"{split}.parquet")))
    assert list(frame.columns) == [*(column.name for column in SCHEMA.features), "SEEN"]
    assert len(frame) == SIZES[split]
    rows = world.layout.rows_of(split)
    assert frame["SEEN"].tolist() == world.y[rows].tolist()


def test_the_same_rows_come_as_text(world):
    frame = pd.read_csv(io.BytesIO(fetch(world.competition, "explore.csv")))
    rows = world.layout.rows_of("explore")
    assert frame["AGE"].tolist() == world.X["AGE"].iloc[rows].tolist()


def test_the_present_models_loss_comes_for_explore_rows(world):
    frame = pd.read_csv(io.BytesIO(fetch(world.competition, "explore-loss.csv")))
    rows = world.layout.rows_of("explore")
    assert frame["loss"].tolist() == (world.base != world.y)[rows].astype(float).tolist()


def test_the_schema_leaves_out_excluded_columns(competition):
    competition.schema_json["columns"][0]["excluded"] = True
    competition.save()
    told = json.loads(fetch(competition, "schema.json"))
    assert [column["name"] for column in told["columns"]] == ["SEX", "INCOME", "VISITS"]
    assert told["loss"]["name"] == "zero_one"


def test_an_excluded_column_is_in_no_file(competition):
    competition.schema_json["columns"][0]["excluded"] = True
    competition.save()
    assert "AGE" not in pd.read_csv(io.BytesIO(fetch(competition, "train.csv"))).columns


@pytest.mark.parametrize(
    "name", ["practice.parquet", "secret.parquet", "final.csv", "certification-1.csv", "..", "public.parquet"]
)
def test_no_other_file_can_be_asked_for(competition, name):
    assert Client().get(f"/c/{competition.slug}/data/{name}").status_code == 404


def test_a_second_download_reads_the_file_that_was_kept(competition, settings):
    fetch(competition, "train.csv")
    kept = list((settings.HOME / "downloads").iterdir())
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    fetch(competition, "train.csv")
    assert kept[0].stat().st_mtime_ns == before
