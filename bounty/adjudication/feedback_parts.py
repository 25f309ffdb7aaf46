"""Parts of a verdict's feedback: lines of arithmetic, groups and repairs, as all rules write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core.measures import LossScale, scale_of
from bounty.models import Competition, Verdict
from bounty.shared_model.summary import measure_loss, practice_sample
from evaluator.adjudication.feedback import GroupLine
from evaluator.decision_list import Repair


@dataclass(frozen=True)
class FeedbackLine:
    """One line of arithmetic: label, value, and what it means."""

    what: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class FeedbackGroupRow:
    """The losses of one protected group on practice rows, before and after."""

    name: str
    rows: int
    before: str
    after: str
    change: str
    direction: str  # better, worse or same


def loss_with_interval(competition: Competition, loss: float, rows: int) -> str:
    """A mean loss with its 95% interval; rows of one person count once together."""
    measured = measure_loss(loss, rows, scale_of(competition.loss), practice_sample(competition))
    # Joined, so that a narrow column breaks before the bracket, never inside it.
    interval = measured.interval.replace("–", "\u2060–\u2060")
    return f"{measured.text} ({interval})"


def group_row(scale: LossScale, names: Mapping[str, str], line: GroupLine) -> FeedbackGroupRow:
    """The row of one protected group."""
    before, after = line.before, line.after
    change = scale.describe_change(before, after)
    direction = "same" if scale.is_same(before, after) else ("better" if after < before else "worse")
    name = names.get(line.key, _("a protected group"))
    return FeedbackGroupRow(name, line.rows, scale.format(before), scale.format(after), change, direction)


def repair_sentences(
    competition: Competition, verdict: Verdict, names: Mapping[str, str], repairs: Iterable[Repair]
) -> tuple[str, ...]:
    """A sentence for each repair. A target is a number of nodes; readers know versions."""
    found = list(repairs)
    if not found:
        return ()
    versions = competition.versions.filter(generation=verdict.generation).order_by("number")
    number_at = {len(version.nodes_json): version.number for version in versions}
    sentences = []
    for repair in found:
        number = number_at.get(repair.target)
        back_to = (
            _("the base model")
            if number == 0
            else _("an earlier version")
            if number is None
            else _("version %(number)s") % {"number": number}
        )
        sentences.append(
            _("%(group)s: answered as %(version)s did, which served it better.")
            % {"group": names.get(repair.key, _("A protected group")), "version": back_to}
        )
    return tuple(sentences)


def count_rows(count: int) -> str:
    """A number of rows in words."""
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}


def chance_percent(share: float) -> str:
    """A predicted chance in percent, which is never called certain."""
    if share < 0.01:
        return _("under 1%")
    return _("over 99%") if share > 0.99 else f"{share:.0%}"


def p_value_text(p_value: float) -> str:
    """A p-value as pages write it."""
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
