"""Every task and loss, from a table to the downloaded model, with the real sandbox and no broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from bounty import verification
from bounty.adjudication import close, disqualify
from bounty.competitions import create
from bounty.competitions.base_models import FittedBase
from bounty.core import artifacts
from bounty.models import BoardRow, Competition, Credit, LedgerQuery, ModelVersion, Submission, TeamVersion
from bounty.shared_model import arrays, model_file
from bounty.submissions.submit import NewSubmission, create_submission
from evaluator.decision_list import PointerDecisionList, Update
from evaluator.decision_list.repairs import replay_steps
from evaluator.sandbox import Sandbox
from tests import task_tables
from tests.bounty.whole_site.worker_steps import evaluate_and_judge
from tests.world import new_team

State = Submission.State
pytestmark = pytest.mark.sandbox

COSTS = {"words": ((0, 1), (2, 0))}


@dataclass(frozen=True)
class Kind:
    """One kind of competition."""

    label: str
    loss: str
    unit: bool = True
    blocks: int = 1
    acceptance: str = "ledger"

    def __str__(self) -> str:
        return f"{self.label}-{self.loss}-{'unit' if self.unit else 'rows'}-{self.blocks}-{self.acceptance}"


KINDS = [
    Kind("flag", "zero_one"),
    Kind("flag", "zero_one", unit=False, blocks=3),
    Kind("words", "cost"),
    Kind("numbers", "zero_one", blocks=3),
    Kind("names", "zero_one", unit=False),
    Kind("names", "log"),
    Kind("numbers", "log", unit=False),
    Kind("amount", "squared"),
    Kind("amount", "absolute", unit=False),
    Kind("words", "zero_one", acceptance="alpha"),
    Kind("amount", "squared", acceptance="alpha"),
]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as box:
        yield box


@pytest.fixture(params=KINDS, ids=str)
def kind(request) -> Kind:
    return request.param


@pytest.fixture
def frame(kind) -> pd.DataFrame:
    # Bets need more rows than the sign test for the same patches, and so do parted blocks.
    rows = 5200 if kind.loss == "zero_one" and kind.blocks == 1 else 11_000
    return task_tables.table(kind.label, rows, rows * 3 // 4)


@pytest.fixture
def competition(kind, frame, alice) -> Competition:
    made = create.create_competition(
        frame if kind.unit else frame.drop(columns="person"),
        organiser=alice,
        title="Who needs what",
        label="label",
        unit="person" if kind.unit else None,
        loss=kind.loss,
        costs=COSTS.get(kind.label) if kind.loss == "cost" else None,
        meanings=task_tables.MEANINGS,
        declared=[("women", "sex == 'female'"), ("the poor", "income < 3")],
        base=FittedBase("tree", task_tables.OTHERS),
        blocks=kind.blocks,
        sizes={"train": 0.25, "explore": 0.05, "practice": 0.2, "certification": 0.4, "final": 0.1},
        settings={
            "acceptance": kind.acceptance,
            "moderation": "none",
            "target_gain": 0.05,
            "alpha": 0.002,
            "noise_scale": 0.0,  # ids and secrets are drawn, and what is accepted must not differ by run
        },
    )
    made.status = Competition.Status.OPEN
    made.save(update_fields=["status"])
    return made


@pytest.fixture
def send(competition, sandbox, bob, charlie):
    """Send something for Bob's team (or Charlie's) and carry it to its verdict."""
    people = {
        person.username: (new_team(competition, person, person.username), person) for person in (bob, charlie)
    }

    def sent(who: str = "bob", **fields: Any) -> Submission:
        team, person = people[who]
        named = {k: ContentFile(v[1], name=v[0]) if isinstance(v, tuple) else v for k, v in fields.items()}
        return evaluate_and_judge(
            create_submission(competition, team, person, NewSubmission(**named)), sandbox
        )

    return sent


def told(submission: Submission) -> tuple[Any, ...]:
    verdict = getattr(submission, "verdict", None)
    return submission.error_class, submission.error_detail, verdict and (verdict.sentence, verdict.practice)


def public_table(competition: Competition) -> pd.DataFrame:
    stored = competition.tables_json["public"]
    return artifacts.artifact_store().read_table(stored["path"], stored["sha256"])


def all_rows(competition: Competition) -> pd.DataFrame:
    """Every row's features, in the layout's order, as the organiser's table spells them."""
    stored = competition.tables_json["secret"]
    secret = artifacts.artifact_store().read_table(stored["path"], stored["sha256"])
    return pd.concat([public_table(competition)[list(secret.columns)], secret], ignore_index=True)


def answer_of_row(nodes, masks, patches, base, row):
    """The definition: newest to oldest; an update answers, a repair continues at the older head."""
    if not nodes:
        return base[row]
    *older, node = nodes
    if not masks[node.key][row]:
        return answer_of_row(older, masks, patches, base, row)
    if isinstance(node, Update):
        return patches[node.key][row]
    return answer_of_row(list(nodes[: node.target]), masks, patches, base, row)


def defined(competition: Competition, version: ModelVersion) -> np.ndarray:
    """Raw answers of a version on all rows by the definition, from stored masks and predictions."""
    chosen = competition.submissions.filter(versions__generation=version.generation).distinct()
    steps = {s.key: arrays.load_step(s) for s in chosen}
    masks = {k: s.mask for k, s in steps.items()} | {
        g.key: g.mask for g in arrays.load_declared_groups(competition)
    }
    patches = {k: s.predictions for k, s in steps.items()}
    base = artifacts.read_array(
        competition.versions.get(generation=version.generation, number=0).stored_predictions
    )
    rows = range(competition.layout.rows)
    return np.array([answer_of_row(list(version.nodes), masks, patches, base, row) for row in rows])


def play(competition: Competition, send: Any) -> list[Submission]:
    """A finding, four patches of four kinds, one that does nothing good, and the shared model grown by four."""
    loss, classes = competition.loss, len(competition.schema.label.classes)
    found = send("charlie", expression=task_tables.CHILDREN)
    assert found.state == State.WORSE, told(found)
    both = task_tables.python_patch(loss, classes, "X['region'] == 5")
    smokers = task_tables.skops_patch(public_table(competition), loss)
    sent = [
        send(expression=task_tables.CHILDREN, patch_kind="fit", learner="tree"),
        send("charlie", group_kind="file", group_file=("region.py", both), patch_kind="same"),
        send(
            expression=task_tables.OLD,
            patch_kind="file",
            patch_file=("old.onnx", task_tables.onnx_patch(loss, classes)),
        ),
        send(
            "charlie",
            expression=task_tables.SMOKERS,
            patch_kind="file",
            patch_file=("smokers.skops", smokers),
        ),
    ]
    for submission in sent:
        assert submission.state == State.ACCEPTED, told(submission)
    wrong = task_tables.python_patch(loss, classes)
    useless = send(
        expression="sex == 'female' and age < 60", patch_kind="file", patch_file=("wrong.py", wrong)
    )
    assert useless.state == State.NOT_SHOWN, told(useless)
    return sent


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    if expected.dtype.kind == "f":
        return bool(np.allclose(found, expected, atol=1e-6))
    return bool(np.array_equal(found, expected))


def test_from_a_table_to_the_close(competition, send, alice):
    sent = play(competition, send)
    competition.refresh_from_db()
    head = competition.head()
    assert head.number == 4 and head.practice_loss < competition.versions.get(number=0).practice_loss

    stored = artifacts.read_array(head.stored_predictions)
    assert same(stored, defined(competition, head))
    check_download(competition, head, stored)
    check_queries(competition)
    check_points(competition, final=False)
    check_team_models(competition)

    disqualify.disqualify_submission(sent[1], "copied", alice)
    competition.refresh_from_db()
    check_rebuilt(competition, [sent[0], sent[2], sent[3]])
    check_points(competition, final=False)
    verification.verify_competition(competition)

    assert close.close_competition(competition, timezone.now())
    assert not close.close_competition(competition, timezone.now())
    competition.refresh_from_db()
    check_points(competition, final=True)
    for row in BoardRow.objects.filter(points__isnull=False):
        assert row.points_low <= row.points <= row.points_high
    verification.verify_competition(competition)


def check_download(competition: Competition, version: ModelVersion, stored: np.ndarray) -> None:
    """The downloaded file answers as the stored head, whatever the table's order, types and further columns."""
    model = PointerDecisionList.load(model_file.build_model_file(version), trust=True)
    rows = all_rows(competition)
    assert same(model.predict_raw(rows), stored)
    classes = np.asarray(competition.schema.label.classes)
    codes = stored.argmax(axis=1) if stored.ndim == 2 else stored
    expected = stored if competition.loss.prediction_kind == "values" else classes[codes]
    some = np.random.default_rng(0).choice(len(rows), 60, replace=False)
    other = rows.iloc[some][list(rows.columns)[::-1]].astype({"region": "object", "smoker": "object"})
    other["sex"] = other["sex"].astype("category")
    assert same(model.predict(other.assign(more=1)), expected[some])
    for row in some[:10]:
        assert same(model.predict(rows.iloc[[row]]), expected[[row]])
    assert len(model.predict(rows.iloc[:0])) == 0
    if competition.loss.prediction_kind == "values":
        with pytest.raises(TypeError):
            model.predict_proba(rows)
        return
    chances = model.predict_proba(rows)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert np.array_equal(classes[chances.argmax(axis=1)], expected)
    unseen = rows.iloc[:20].assign(sex="unheard of", region=77, age=np.nan)
    assert len(model.predict(unseen)) == 20


def check_queries(competition: Competition) -> None:
    """One query a passed gate, numbered within its block, at the level of the ledger before it."""
    for block in competition.blocks.all():
        asked = list(LedgerQuery.objects.filter(block=block).order_by("number"))
        assert [query.number for query in asked] == list(range(1, len(asked) + 1))
        assert block.queries == len(asked) and block.accepted == sum(query.passed for query in asked)
        for query in asked:
            earlier = [q for q in asked if q.number < query.number]
            assert query.accepted_before == sum(q.passed for q in earlier)


def check_points(competition: Competition, *, final: bool) -> None:
    """Points of all teams together are the model's improvement by the weighted loss."""
    split = "final" if final else "practice"
    rows = competition.layout.rows_of(split)
    cells = artifacts.read_cells(competition, split)
    share = pd.Series(cells).map(pd.Series(cells).value_counts(normalize=True)).to_numpy()
    weights = np.minimum(share**-0.5, 5)
    versions = competition.versions.current().order_by("number")
    y = artifacts.read_labels(competition, split)
    losses = [
        competition.loss.rows(y, artifacts.read_array(v.stored_predictions)[rows]) @ weights for v in versions
    ]
    credits = Credit.objects.filter(version__in=versions, final=final)
    total = sum(credit.points for credit in credits)
    assert total == pytest.approx(1000 * (losses[0] - losses[-1]) / losses[0])
    board = BoardRow.objects.filter(competition=competition, points__isnull=False)
    assert sum(row.points for row in board) == pytest.approx(total)


def check_team_models(competition: Competition) -> None:
    for team in competition.teams.all():
        own = TeamVersion.objects.filter(team=team).order_by("number")
        losses = [competition.versions.get(number=0).practice_loss, *(v.practice_loss for v in own)]
        assert len(losses) > 1 and losses == sorted(losses, reverse=True)


def check_rebuilt(competition: Competition, kept: list[Submission]) -> None:
    fresh = replay_steps(
        artifacts.read_array(competition.versions.get(generation=1, number=0).stored_predictions),
        [arrays.load_step(submission) for submission in kept],
        arrays.load_declared_groups(competition),
        arrays.load_practice(competition),
    )
    rebuilt = list(competition.versions.filter(generation=2).order_by("number"))
    assert len(rebuilt) == 4
    for version, candidate in zip(rebuilt[1:], fresh, strict=True):
        assert np.array_equal(artifacts.read_array(version.stored_predictions), candidate.predictions)
    check_download(competition, rebuilt[-1], fresh[-1].predictions)
