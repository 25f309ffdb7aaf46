"""The explanation of a verdict: one paragraph with its numbers, its thresholds and the queries it spent.

Everything in it is either the team's own practice arithmetic or follows from what is published of the ledger: how many
queries a block answered, how many of them with yes, and which extra bits it was charged for.
"""

from __future__ import annotations

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.adjudication.feedback import overlap_text
from bounty.adjudication.noised_explanation import noised_sentences, too_few_sentence
from bounty.core.measures import scale_of
from bounty.models import Competition, LedgerQuery, Submission, Verdict
from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.adjudication.noised_feedback import NoisedFeedback


def verdict_paragraph(submission: Submission, verdict: Verdict, query: LedgerQuery | None) -> str:
    """The explanation of a verdict; "" where nothing was measured.

    `query`: the certification query that the verdict asked.
    """
    data = verdict.feedback
    if data is None or submission.state == Submission.State.JUDGING:
        return ""
    competition = submission.competition
    if isinstance(data, FindingFeedback):
        return " ".join(_finding_sentences(competition, data))
    if isinstance(data, NoisedFeedback):
        return " ".join(noised_sentences(competition, data, query))
    said = [*_measured_sentences(competition, data), *_gate_sentences(competition, data)]
    said += _query_sentences(competition, query) if query is not None else _no_query_sentences(data)
    return " ".join(said)


def _measured_sentences(competition: Competition, data: PracticeFeedback) -> list[str]:
    rows = competition.layout.rows_of("practice")
    repairs = len(data.repairs)
    candidate = (
        ngettext(
            "On %(rows)s practice rows the candidate, which is the patch with the %(repairs)d repair it needs, "
            "changed %(changed)s answers: %(wins)s became better, %(losses)s worse.",
            "On %(rows)s practice rows the candidate, which is the patch with the %(repairs)d repairs it needs, "
            "changed %(changed)s answers: %(wins)s became better, %(losses)s worse.",
            repairs,
        )
        if repairs
        else _(
            "On %(rows)s practice rows the candidate, which is the patch alone, changed %(changed)s answers: "
            "%(wins)s became better, %(losses)s worse."
        )
    )
    scale = scale_of(competition.loss)
    return [
        candidate
        % {
            "rows": f"{rows.stop - rows.start:,}",
            "repairs": repairs,
            "changed": f"{data.changed:,}",
            "wins": f"{data.wins:,}",
            "losses": f"{data.losses:,}",
        },
        _("Mean loss over all of them: %(before)s to %(after)s; in the group: %(inside)s to %(then)s.")
        % {
            "before": scale.format(data.overall_before),
            "after": scale.format(data.overall_after),
            "inside": scale.format(data.loss_before),
            "then": scale.format(data.loss_after),
        },
    ]


def _gate_sentences(competition: Competition, data: PracticeFeedback) -> list[str]:
    if not data.changed:
        return []
    test = _("exact sign test") if competition.loss.is_zero_one else _("one-sided t-test")
    said = [
        _("Practice gate: p = %(p)s (%(test)s; at most %(level)s)")
        % {"p": f"{data.p_value:.2g}", "test": test, "level": f"{competition.gate_level:g}"}
    ]
    if data.chance is not None:
        said[0] += _(", predicted chance of passing certification %(chance)s (at least %(least)s)") % {
            "chance": f"{data.chance:.1%}",
            "least": f"{competition.gate_chance:.0%}",
        }
    said[0] += "."
    return said


def _query_sentences(competition: Competition, query: LedgerQuery) -> list[str]:
    """Sentences on the query: the block's ledger before it, the level that follows from it, and the answer."""
    block = query.block
    test = (
        _("the exact sign test")
        if competition.loss.is_zero_one
        else _("the empirical Bernstein bound of Maurer and Pontil")
    )
    level = math.exp(-query.log_inverse_delta) if query.log_inverse_delta < 700 else 0.0
    return [
        _(
            "Certification: query %(number)d of block %(block)d (%(rows)s rows, share of δ = %(delta)s), after "
            "%(accepted)d accepted, %(refused)d refused and %(bits)d extra bits, tested by %(test)s at level %(level)s "
            "(ln 1/δ = %(log).2f, by the Krichevsky-Trofimov code): %(answer)s."
        )
        % {
            "number": query.number,
            "block": block.number,
            "rows": f"{block.rows:,}",
            "delta": f"{competition.delta / (block.number * (block.number + 1)):.3g}",
            "accepted": query.accepted_before,
            "refused": query.number - 1 - query.accepted_before,
            "bits": query.extra_bits,
            "test": test,
            "level": f"{level:.2g}",
            "log": query.log_inverse_delta,
            "answer": _("passed") if query.passed else _("not passed"),
        },
        _("Spent: one query of the team’s allowance, and one published bit of the block."),
    ]


def _no_query_sentences(data: PracticeFeedback) -> list[str]:
    if data.reason == "accepted":
        return [_("Accepted by the plain rule; nothing was certified and no ledger was charged.")]
    return [
        _("No certification query was asked, so nothing of the team’s allowance or of the block was spent.")
    ]


def _finding_sentences(competition: Competition, data: FindingFeedback) -> list[str]:
    scale = scale_of(competition.loss)
    present = competition.rule_version > 1
    if present and data.rows < competition.smallest_group:
        return [too_few_sentence(competition)]
    adjusted = (
        _(
            "One-sided p = %(p)s, %(adjusted)s as the team’s finding number %(number)s (times j (j + 1)); 0.05 makes "
            "it worse on practice rows. The largest overlap with an earlier finding that counts is %(overlap)s "
            "(Jaccard)."
        )
        if present
        else _(
            "One-sided p = %(p)s, %(adjusted)s after Holm’s correction over all findings of the team; 0.05 confirms. "
            "The largest overlap with an earlier confirmed finding is %(overlap)s (Jaccard)."
        )
    )
    return [
        _(
            "%(rows)s practice rows are in the group (%(share)s of all): mean loss %(inside)s there, %(outside)s "
            "elsewhere."
        )
        % {
            "rows": f"{data.rows:,}",
            "share": f"{data.weight:.1%}",
            "inside": scale.format(data.loss_inside),
            "outside": scale.format(data.loss_outside),
        },
        adjusted
        % {
            "p": f"{data.p_value:.2g}",
            "adjusted": f"{data.p_adjusted:.2g}",
            "number": data.number,
            "overlap": overlap_text(data),
        },
        _(
            "While the competition is open a finding is judged on practice rows: worse there is not confirmed. Final "
            "rows confirm it at the close, or a certification query that the team spends."
        )
        if present
        else _(
            "Findings are judged on practice rows alone: confirmed, not certified, and no query is spent."
        ),
    ]
