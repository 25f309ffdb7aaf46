"""A competition from a table: everything stored where it belongs, or nothing at all."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.files.base import ContentFile

from bounty.competitions import base_models
from bounty.competitions import create as competitions_create
from bounty.competitions.base_models import FittedBase, UploadedBase
from bounty.core import artifacts, queue
from bounty.core.errors import Refusal
from bounty.models import Competition, ModelVersion
from bounty.submissions import uploads
from bounty.workers import tasks
from evaluator.errors import ParticipantError, TableError
from evaluator.worker.messages import Order, Report
from tests.people_table import files, nothing_is_left, people, tree_upload

SIZES = {"train": 200, "explore": 80, "practice": 120, "certification": 160, "final": 40}
DECLARED = [("children", "age < 18"), ("women", "sex == 'female'")]


@pytest.fixture
def create(alice):
    def make(frame: pd.DataFrame | None = None, **wishes: Any) -> Competition:
        given = {"title": "Who is ill", "label": "ill", "unit": "person", "sizes": SIZES}
        given |= {"base": FittedBase("tree"), "declared": DECLARED} | wishes
        return competitions_create.create_competition(
            people() if frame is None else frame, organiser=alice, **given
        )

    return make


# --- what is stored ---------------------------------------------------------------------------------------------
def test_a_table_becomes_a_draft_with_version_0(create):
    competition = create()
    assert competition.status == Competition.Status.DRAFT
    assert competition.slug == "who-is-ill"
    head = competition.head()
    assert (head.number, head.nodes_json) == (0, [])
    assert 0 < head.practice_loss < 0.5 and 0 < head.explore_loss < 0.5
    assert len(artifacts.read_array(head.stored_predictions)) == competition.layout.rows
    assert len(artifacts.read_array(head.stored_head_loss)) == competition.layout.public


def test_rows_of_one_person_stay_in_one_split(create):
    competition = create()
    units = {
        split: set(artifacts.read_units(competition, split).tolist()) for split in competition.layout.ranges
    }
    together = [unit for codes in units.values() for unit in codes]
    assert len(together) == len(set(together))


def test_a_certification_block_has_all_rows_of_its_people(create):
    competition = create(blocks=2)
    assert [block.state for block in competition.blocks.all()] == ["open", "waiting"]
    everybody = [person for split in competition.layout.ranges for person in read_people(competition, split)]
    for block in competition.blocks.all():
        here = read_people(competition, block.split)
        assert len(set(here)) < len(here) == block.rows
        assert len(here) == sum(person in set(here) for person in everybody)


def read_people(competition, split) -> list[int]:
    return artifacts.read_units(competition, split).tolist()


def test_a_units_sum_is_divided_by_the_rows_of_the_tables_largest_unit(create):
    competition = create()
    largest = int(people()["person"].value_counts().max())
    assert competition.unit_rows == largest > 1
    assert f"divided by {largest}, the rows of the table's largest unit" in competition.plan.drawn[-1]


def test_an_organiser_may_let_rows_of_larger_units_count_for_less_and_readers_are_told(create):
    competition = create(unit_rows=2)
    assert competition.unit_rows == 2 == competition.plan.asked.unit_rows
    assert "Rows of larger units count for less" in competition.plan.drawn[-1]


@pytest.mark.parametrize("unit_rows", [0, 1000])
def test_a_units_sum_is_divided_by_no_more_than_the_largest_units_rows(create, unit_rows):
    with pytest.raises(Refusal, match=f"The table's largest unit has .*, not by {unit_rows:,}") as caught:
        create(unit_rows=unit_rows)
    assert caught.value.field == "unit_rows"
    assert nothing_is_left()


@pytest.mark.parametrize("scale", [0.5, -2.0, 1000.0])
def test_noise_that_hides_nobody_or_everything_is_refused(create, scale):
    with pytest.raises(Refusal, match="from 1 to 100, or 0 where rows are not people"):
        create(settings={"noise_scale": scale})


def test_rows_are_people_unless_the_organiser_says_otherwise(create):
    assert create().noise_scale == 2
    assert create(settings={"noise_scale": 0.0}).noise_scale == 0


def test_the_number_of_blocks_is_fixed_unless_more_may_be_added(create):
    assert create(blocks=2).fixed_blocks == 2
    assert create(blocks=2, more_blocks=True, slug="open-number").fixed_blocks is None


def test_secret_features_carry_neither_label_nor_unit_nor_split(create):
    competition = create()
    stored = competition.tables_json["secret"]
    secret = artifacts.artifact_store().read_table(stored["path"], stored["sha256"])
    assert list(secret.columns) == ["age", "sex", "income"]
    assert len(secret) == competition.layout.rows - competition.layout.public


def test_published_rows_carry_their_label_and_their_split(create):
    competition = create()
    stored = competition.tables_json["public"]
    public = artifacts.artifact_store().read_table(stored["path"], stored["sha256"])
    assert list(public.columns) == ["age", "sex", "income", "ill", "split"]
    start, stop = competition.layout.ranges["explore"]
    assert (public["split"].iloc[start:stop] == "explore").all()
    y = competition.schema.encode_label(public["ill"])
    assert np.array_equal(y[start:stop], artifacts.read_labels(competition, "explore"))


def test_a_table_that_has_a_column_called_split_keeps_it(create):
    competition = create(people().assign(split=np.tile(["a", "b", "c"], 300)))
    stored = competition.tables_json["public"]
    assert {"split", "split_"} <= set(
        artifacts.artifact_store().read_table(stored["path"], stored["sha256"]).columns
    )


def test_declared_groups_have_masks_cells_and_a_loss(create):
    competition = create()
    children, women = competition.declared_groups.all()
    practice = competition.layout.rows_of("practice")
    mask = artifacts.read_array(children.stored_mask)
    assert mask.dtype == bool and len(mask) == competition.layout.rows
    cells = artifacts.read_cells(competition, "practice")
    assert np.array_equal(cells, mask[practice] + 2 * artifacts.read_array(women.stored_mask)[practice])
    assert competition.head().groups[children.key][0] == mask[practice].sum()


def test_the_same_seed_draws_the_same_rows(create):
    one, two = create(), create()
    assert one.slug == "who-is-ill" and two.slug == "who-is-ill-2"
    assert one.tables_json["secret"]["sha256"] == two.tables_json["secret"]["sha256"]
    assert create(seed=1).tables_json["secret"]["sha256"] != one.tables_json["secret"]["sha256"]


def test_the_base_model_learns_on_the_chosen_rows_of_train_alone(create):
    competition = create(base=FittedBase("tree", "age >= 18"))
    assert competition.base_json["words"].endswith("fitted on train rows where age is at least 18")


def test_an_excluded_column_is_stored_nowhere(create):
    competition = create(exclude=["income"])
    for name in ("public", "secret"):
        stored = competition.tables_json[name]
        assert "income" not in artifacts.artifact_store().read_table(stored["path"], stored["sha256"]).columns


def test_a_cost_matrix_is_scaled_and_judged_by(create):
    competition = create(loss="cost", costs=((0, 1), (5, 0)))
    assert competition.loss.costs == ((0.0, 0.2), (1.0, 0.0))
    assert competition.head().practice_loss > 0


def test_a_number_can_be_predicted(create):
    competition = create(label="income", exclude=["ill"])
    assert competition.schema.label.task == "regression" and competition.loss.name == "squared"
    assert 0 < competition.head().practice_loss < 0.2


def test_the_plan_says_what_the_holdout_can_certify(create):
    lines = create(blocks=2).plan.lines
    assert {line.block for line in lines} == {1, 2} and lines[0].gain > 0


# --- what is refused, and leaves nothing behind -----------------------------------------------------------------
def test_a_label_that_is_not_there_is_named_with_what_was_meant(create):
    with pytest.raises(TableError, match=r"`il`.*did you mean `ill`"):
        create(label="il")
    assert nothing_is_left()


def test_a_constant_label_is_refused(create):
    with pytest.raises(TableError, match=r"`ill`.*every row"):
        create(people().assign(ill=1))
    assert nothing_is_left()


def test_a_missing_label_names_the_first_row(create):
    frame = people()
    frame["ill"] = frame["ill"].astype(object)
    frame.loc[[6, 40], "ill"] = None
    with pytest.raises(TableError, match="`ill` is missing in row 7") as caught:
        create(frame)
    assert (caught.value.column, caught.value.row) == ("ill", 7)
    assert nothing_is_left()


def test_too_few_rows_are_refused(create):
    with pytest.raises(TableError, match="40 rows"):
        create(people(40, 40))
    assert nothing_is_left()


def test_too_few_units_are_refused(create):
    with pytest.raises(TableError, match="30 units"):
        create(people(900, 30))
    assert nothing_is_left()


def test_splits_of_more_units_than_there_are_are_refused(create):
    with pytest.raises(TableError, match="600"):
        create(sizes=SIZES | {"train": 5000})
    assert nothing_is_left()


def test_duplicate_columns_are_refused(create):
    frame = people()
    frame.columns = ["person", "age", "age", "income", "ill"]
    with pytest.raises(TableError, match=r"`age`.*more than once"):
        create(frame)
    assert nothing_is_left()


def test_a_table_without_a_feature_is_refused(create):
    with pytest.raises(TableError):
        create(people(), exclude=["age", "sex", "income"], declared=())
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"declared": [("children", "agee < 18")]}, "declared"),
        ({"declared": [("nobody", "age > 200")]}, "declared"),
        ({"base": FittedBase("tree", "agee > 3")}, "base_where"),
        ({"base": FittedBase("tree", "age > 88")}, "base_where"),
        ({"base": FittedBase("magic")}, "base_learner"),
        ({"settings": {"delta": 2.0}}, "delta"),
        ({"settings": {"visibility": "secret"}}, "visibility"),
        ({"settings": {"generation": 7}}, "settings"),
        ({"exclude": ["ill"]}, "exclude"),
        ({"title": " "}, "title"),
        ({"slug": "not a slug"}, "slug"),
    ],
)
def test_an_entry_that_makes_no_sense_is_named(create, wishes, field):
    with pytest.raises(Refusal) as caught:
        create(**wishes)
    assert caught.value.field == field
    assert nothing_is_left()


def test_a_taken_address_is_refused(create):
    create(slug="ill")
    before = files()
    with pytest.raises(Refusal, match="already"):
        create(slug="ill")
    assert Competition.objects.count() == 1 and files() == before


def test_a_failure_in_the_last_step_takes_every_row_and_file_with_it(create, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(competitions_create.publish, "publish_version", fail)
    with pytest.raises(RuntimeError):
        create()
    assert nothing_is_left()


def test_a_loss_that_does_not_fit_the_label_is_refused(create):
    with pytest.raises(TableError, match="squared"):
        create(loss="squared")
    assert nothing_is_left()


# --- an uploaded base model -------------------------------------------------------------------------------------
def report(competition: Competition, **fields: Any) -> Report:
    return Report(submission=str(competition.key), attempt=1, purpose="base", **{"status": "ok"} | fields)


@pytest.fixture
def preparing(create, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return create(base=UploadedBase(tree_upload()))


def test_an_uploaded_base_model_is_left_to_a_worker(preparing, sent):
    assert preparing.status == Competition.Status.PREPARING and not preparing.versions.exists()
    [(task, arguments, queue)] = sent
    assert (task, queue) == ("evaluator.evaluate", "evaluate.cpu")
    assert arguments["order"]["purpose"] == "base" and arguments["order"]["submission"] == str(preparing.key)
    assert "labels" not in str(arguments)


def test_what_follows_the_workers_report_goes_on_where_no_verdict_waits(preparing, sent, monkeypatch):
    zeros = np.zeros(preparing.layout.rows, dtype=np.int16)
    stored = artifacts.artifact_store().write_array(f"outcomes/{preparing.key}/1/predictions.npy", zeros)
    message = report(preparing, arrays={"predictions": stored.to_json()}).to_json()
    tasks.evaluation_done(**message)
    task, arguments, queue = sent[-1]
    assert (task, queue) == ("bounty.base_evaluated", "making")
    assert not preparing.versions.exists()
    tasks.base_evaluated(**arguments)
    assert preparing.versions.count() == 1


def test_where_the_report_cannot_be_passed_on_it_is_taken_at_once(preparing, monkeypatch):
    monkeypatch.setattr(queue, "send_task", lambda *_args, **_more: False)
    zeros = np.zeros(preparing.layout.rows, dtype=np.int16)
    stored = artifacts.artifact_store().write_array(f"outcomes/{preparing.key}/1/predictions.npy", zeros)
    tasks.evaluation_done(**report(preparing, arrays={"predictions": stored.to_json()}).to_json())
    assert preparing.versions.count() == 1


def test_the_workers_report_ends_the_preparation_once(preparing):
    zeros = np.zeros(preparing.layout.rows, dtype=np.int16)
    stored = artifacts.artifact_store().write_array(f"outcomes/{preparing.key}/1/predictions.npy", zeros)
    done = report(preparing, arrays={"predictions": stored.to_json()})
    competitions_create.take_base_report(done)
    competitions_create.take_base_report(done)
    preparing.refresh_from_db()
    assert preparing.status == Competition.Status.DRAFT
    assert preparing.versions.count() == 1


@pytest.mark.parametrize("forged", ["another place", "too few", "no class"])
def test_a_base_model_s_report_is_checked_before_it_is_believed(preparing, forged):
    codes = np.zeros(preparing.layout.rows, dtype=np.int16)
    codes = {"another place": codes, "too few": codes[1:], "no class": codes + 9}[forged]
    folder = "outcomes" if forged != "another place" else "labels"
    stored = artifacts.artifact_store().write_array(f"{folder}/{preparing.key}/1/predictions.npy", codes)
    competitions_create.take_base_report(report(preparing, arrays={"predictions": stored.to_json()}))
    preparing.refresh_from_db()
    assert preparing.status == Competition.Status.PREPARING and not preparing.versions.exists()
    assert "could not be used" in preparing.preparation_error


def test_a_base_model_that_fails_says_why(preparing):
    competitions_create.take_base_report(
        report(preparing, status="untrusted_types", detail="It holds a lambda.")
    )
    preparing.refresh_from_db()
    assert preparing.status == Competition.Status.PREPARING
    assert "It holds a lambda." in preparing.preparation_error


def test_a_fault_of_ours_sends_the_base_model_again(preparing, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        competitions_create.take_base_report(report(preparing, status="fault", detail="no sandbox"))
    assert sent[-1][1]["order"]["attempt"] == 2


def test_a_lost_base_model_can_be_sent_again(preparing, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        competitions_create.rerun_base(preparing)
    assert [task for task, _, _ in sent] == ["evaluator.evaluate"] * 2


def test_a_base_model_that_was_run_is_not_sent_again(create):
    with pytest.raises(Refusal, match="run already"):
        competitions_create.rerun_base(create())


def test_a_report_on_no_competition_changes_nothing(db):
    nobody = uuid.uuid4()
    competitions_create.take_base_report(
        Report(submission=str(nobody), attempt=1, status="ok", purpose="base")
    )
    assert not ModelVersion.objects.exists()


def test_predictions_that_do_not_fit_the_rows_are_not_published(preparing):
    with pytest.raises(ValueError, match="predictions were expected"):
        competitions_create.finish_base(preparing, np.zeros(3))
    assert not preparing.versions.exists()


def test_a_base_model_may_not_be_a_python_file(create):
    python = uploads.read_upload(ContentFile(b"def predict(X): return 0", name="base.py"), "base", 1000)
    with pytest.raises(Refusal, match="ONNX model or a skops file"):
        create(base=UploadedBase(python))
    assert nothing_is_left()


@pytest.mark.sandbox
def test_an_uploaded_base_model_runs_in_our_own_sandbox_where_asked(create):
    competition = create(
        people().drop(columns="sex"), declared=(), base=UploadedBase(tree_upload(), here=True)
    )
    assert competition.status == Competition.Status.DRAFT
    assert competition.head().practice_loss < 0.4


@pytest.mark.sandbox
def test_an_uploaded_base_model_that_fails_leaves_nothing_behind(create):
    with pytest.raises(ParticipantError):
        create(
            base=UploadedBase(tree_upload(), here=True)
        )  # the model knows two columns, the table has three
    assert nothing_is_left()


# --- discarding -------------------------------------------------------------------------------------------------
def test_a_discarded_draft_takes_its_files_with_it(create, django_capture_on_commit_callbacks):
    competition = create()
    with django_capture_on_commit_callbacks(execute=True):
        competitions_create.discard_competition(competition)
    assert nothing_is_left()


def test_the_orders_of_a_base_model_can_be_read_by_the_evaluator(preparing):
    order = Order.from_json(base_models.build_order(preparing))
    assert order.group is None and order.patch is not None and order.patch.kind == "skops"
