"""Shapes of competitions, their rules, schema and plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ninja import Schema

from bounty.api.schemas.common import LossOut, TranslatedOut, loss_out
from bounty.ledger import overview, plan
from bounty.models import CertificationBlock, Competition
from bounty.shared_model import queries
from bounty.shared_model.summary import GroupStanding, ModelSummary


class CompetitionOut(Schema):
    slug: str
    title: str
    summary: str
    status: str
    visibility: str
    opens_at: datetime | None
    closes_at: datetime | None
    teams: int
    accepted: int
    start: LossOut | None
    now: LossOut | None
    url: str


class GroupOut(Schema):
    """A protected group: the base model's loss there, and the present one's."""

    name: str
    expression: str
    start: LossOut | None
    now: LossOut


class TaskOut(Schema):
    label: str
    kind: str
    loss: str
    public_rows: int
    secret_rows: int
    unit: str | None


class CompetitionDetailOut(CompetitionOut):
    description: str
    organiser: str
    task: TaskOut | None
    groups: list[GroupOut]
    submissions_per_day: int
    queries_per_team: int
    max_upload_bytes: int
    smallest_group: int
    your_team: str | None


class SplitOut(TranslatedOut):
    name: str
    rows: int
    features: str
    labels: str
    published: str


class BlockOut(Schema):
    number: int
    rows: int
    state: str
    queries: int
    accepted: int
    next_gain: str


class RulesOut(Schema):
    rules: str
    terms: str
    splits: list[SplitOut]
    blocks: list[BlockOut]
    acceptance: str
    acceptance_words: str
    harm_mode: str
    moderation: str
    show_sources: bool
    open_model: bool


class PlanOut(Schema):
    """What the holdout can certify: sentences, and a table of the first block."""

    sentences: list[str]
    head: list[str]
    rows: list[list[str]]
    flags: list[str]


class SchemaOut(Schema):
    """schema.json of the data page: what groups and patches see."""

    columns: list[dict[str, Any]]
    label: dict[str, Any]
    unit: str | None
    loss: dict[str, Any]


def competition_fields(found: queries.CompetitionRow, standing: ModelSummary | None) -> dict[str, Any]:
    """Fields of CompetitionOut."""
    competition = found.competition
    return {
        "slug": competition.slug,
        "title": competition.title,
        "summary": competition.summary,
        "status": competition.status,
        "visibility": competition.visibility,
        "opens_at": competition.opens_at,
        "closes_at": competition.closes_at,
        "teams": found.teams,
        "accepted": found.accepted,
        "start": loss_out(standing.start) if standing else None,
        "now": loss_out(standing.now) if standing else None,
        "url": competition.get_absolute_url(),
    }


def task_out(competition: Competition) -> TaskOut | None:
    """The answer for a competition's task; None before there is a table."""
    if not competition.layout_json:
        return None
    schema, layout = competition.schema, competition.layout
    return TaskOut(
        label=schema.label.name,
        kind=schema.label.task,
        loss=competition.loss.name,
        public_rows=layout.public,
        secret_rows=layout.rows - layout.public,
        unit=schema.unit,
    )


def group_out(standing: GroupStanding) -> GroupOut:
    """The answer for a protected group."""
    return GroupOut(
        name=standing.name,
        expression=standing.expression,
        start=loss_out(standing.start) if standing.start else None,
        now=loss_out(standing.now),
    )


def rules_out(competition: Competition, blocks: Sequence[CertificationBlock]) -> RulesOut:
    """The answer for a competition's rules."""
    return RulesOut(
        rules=competition.rules,
        terms=competition.terms,
        splits=[SplitOut.from_orm(split) for split in overview.list_splits(competition)],
        blocks=[
            BlockOut(
                number=state.block.number,
                rows=state.block.rows,
                state=state.block.state,
                queries=state.block.queries,
                accepted=state.block.accepted,
                next_gain=state.gain,
            )
            for state in overview.list_blocks(competition, blocks)
        ],
        acceptance=competition.acceptance,
        acceptance_words=str(competition.get_acceptance_display()),
        harm_mode=competition.harm_mode,
        moderation=competition.moderation,
        show_sources=competition.show_sources,
        open_model=competition.open_model,
    )


def plan_out(competition: Competition) -> PlanOut:
    """The answer for what a competition's holdout can certify."""
    if not competition.plan.lines:
        return PlanOut(sentences=plan.plan_sentences(competition), head=[], rows=[], flags=[])
    head, rows = plan.plan_table(competition)
    return PlanOut(
        sentences=plan.plan_sentences(competition),
        head=list(head),
        rows=[list(row) for row in rows],
        flags=[],
    )
