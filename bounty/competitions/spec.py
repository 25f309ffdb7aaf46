"""Specification of a new competition: an organiser's decisions, checked before any table is looked at."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import ValidationError
from django.utils import timezone
from numpy.typing import NDArray

from bounty.competitions import base_models
from bounty.competitions.prepare import TableRequest
from bounty.core.errors import Refusal
from bounty.core.slugs import free_slug
from bounty.models import Competition
from evaluator.schema import Task

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Fractions of the units. As many practice rows as certification rows: what a patch is worth is predicted on the one and
# shown on the other, and the worse of the two limits it (benchmarks.ledger).
DEFAULT_SIZES: Mapping[str, float] = {
    "train": 0.30,
    "explore": 0.10,
    "practice": 0.25,
    "certification": 0.25,
    "final": 0.10,
}
# Fields of when a patch is accepted, in the order of the forms and pages that show them.
ACCEPTANCE = (
    "acceptance",
    "alpha",
    "delta",
    "gate_level",
    "gate_chance",
    "target_gain",
    "tolerance",
    "harm_mode",
    "smallest_group",
)
# More noise than this would drown every group of the usual size.
MOST_NOISE = 100


def draw_seed() -> int:
    """A random seed that nobody can guess."""
    return secrets.randbelow(2**63)


@dataclass(frozen=True)
class NewCompetition:
    """An organiser's decisions about a new competition. `settings` are further fields of the model (quotas, times,
    rules).
    """

    organiser: User
    title: str
    label: str
    slug: str = ""
    summary: str = ""
    description: str = ""
    rules: str = ""
    terms: str = ""
    unit: str | None = None
    task: Task | None = None
    loss: str | None = None
    costs: Sequence[Sequence[float]] | None = None
    exclude: Sequence[str] = ()
    meanings: Mapping[str, Mapping[str, Any]] | None = None
    declared: Sequence[tuple[str, str]] = ()
    base: base_models.Base = field(default_factory=base_models.FittedBase)
    sizes: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SIZES))
    blocks: int = 1
    # More blocks may be added later: each has less of delta than where their number is fixed.
    more_blocks: bool = False
    # M, by which a unit's sum is divided: None for the rows of the table's largest unit.
    unit_rows: int | None = None
    # Which rows are public and which secret. None draws one that is kept nowhere: who has the table and the seed can
    # draw the secret rows again, so a known one is for tables that are no secret (the demo) or for comparing.
    seed: int | None = None
    # Draw declared groups of few rows into the secret rows more often, so that harm to them can be seen.
    oversample: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    # What it is copied from, and bool[rows]: which rows people may know from there. Those are never secret here.
    copied_from: Competition | None = None
    known: NDArray[np.bool_] | None = None
    # A try-out for the people who serve and whom they invite.
    rehearsal: bool = False
    # The competition's own key, where a second try has to find what a first one made.
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    def table_request(self) -> TableRequest:
        """The decisions about the table, with a seed drawn where none is given."""
        return TableRequest(
            label=self.label,
            sizes=self.sizes,
            unit=self.unit,
            task=self.task,
            loss=self.loss,
            costs=self.costs,
            exclude=self.exclude,
            meanings=self.meanings,
            declared=self.declared,
            blocks=self.blocks,
            seed=draw_seed() if self.seed is None else self.seed,
            oversample=self.oversample,
            known=self.known,
        )


def build_competition(new: NewCompetition) -> Competition:
    """Unsaved Competition with the fields that are not read off the table. Raises Refusal for a taken address or an
    unknown setting.
    """
    if not new.title.strip():
        raise Refusal("A competition needs a title.", "title")
    known = {f.name for f in Competition._meta.get_fields() if getattr(f, "editable", False)}
    for name in new.settings:
        if name not in known:
            raise Refusal(f"`{name}` is no setting of a competition.", "settings")
    competition = Competition(
        key=new.key,
        slug=_choose_slug(new),
        title=new.title.strip(),
        summary=new.summary,
        description=new.description,
        rules=new.rules,
        terms=new.terms,
        organiser=new.organiser,
        status=Competition.Status.PREPARING,
        rehearsal=new.rehearsal,
        copied_from=new.copied_from,
    )
    for name, value in new.settings.items():
        setattr(competition, name, value)
    if new.rehearsal:
        competition.visibility = Competition.Visibility.INVITATION
    check_settings(competition)
    return competition


def check_settings(competition: Competition) -> None:
    """Raises Refusal for the first field of a competition that makes no sense."""
    try:
        # A summary may be written later; what nobody edits is ours.
        ours = {field.name for field in Competition._meta.concrete_fields if not field.editable}
        competition.full_clean(exclude={"organiser", "summary", *ours})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refusal(" ".join(messages), field) from error
    check_acceptance(competition)
    opens, closes = competition.opens_at, competition.closes_at
    if closes is not None and closes <= (opens or timezone.now()):
        raise Refusal("The competition would close before it opens.", "closes_at")


def check_acceptance(competition: Competition) -> None:
    """Raises Refusal for a chance, gain or tolerance outside its range."""
    for name in ("delta", "gate_level", "target_gain", "alpha"):
        if not 0 < getattr(competition, name) < 1:
            raise Refusal(f"This must lie between 0 and 1, not at {getattr(competition, name):g}.", name)
    if not 0 <= competition.tolerance <= 1 or not 0 <= competition.gate_chance <= 1:
        raise Refusal("The tolerance and the gate's chance must lie between 0 and 1.", "tolerance")
    if competition.noise_scale and not 1 <= competition.noise_scale <= MOST_NOISE:
        raise Refusal(
            f"Noise of practice figures has a scale from 1 to {MOST_NOISE}, or 0 where rows are not people; "
            f"{competition.noise_scale:g} hides nobody, or everything.",
            "noise_scale",
        )


def _choose_slug(new: NewCompetition) -> str:
    length = Competition._meta.get_field("slug").max_length or 50
    if new.slug:
        if Competition.objects.filter(slug=new.slug).exists():
            raise Refusal(f"There is a competition at “{new.slug}” already.", "slug")
        return new.slug
    return free_slug(new.title, Competition.objects.all(), length=length, otherwise="competition")
