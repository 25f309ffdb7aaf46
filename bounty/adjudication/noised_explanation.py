"""The explanation of a patch's verdict by the present rule: one paragraph with its thresholds and what it spent.

Figures are from noised cells. Level and chance of a query are told once it was passed, or the competition has closed.
"""

from __future__ import annotations

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core.measures import scale_of
from bounty.models import Competition, LedgerQuery
from evaluator.adjudication.ledger import block_delta
from evaluator.adjudication.noised_feedback import CandidateFeedback, NoisedFeedback


def noised_sentences(competition: Competition, data: NoisedFeedback, query: LedgerQuery | None) -> list[str]:
    """The sentences of a patch's verdict; `query` is the certification query that it asked."""
    if data.reason == "too_few":
        return [too_few_sentence(competition), *_noise_sentences(data), _nothing_spent()]
    if data.few_changes:
        few = _(
            "The patch changed fewer than about %(least)s answers on the %(rows)s practice rows, or by very little: "
            "too little to say more of it."
        ) % {"least": data.few_changes, "rows": _practice_rows(competition)}
        return [few, *_noise_sentences(data), *_query_sentences(competition, data, query)]
    said_of_whole = [] if data.whole is None else _whole_sentences(competition, data.whole)
    return [
        *_measured_sentences(competition, data),
        *_gate_sentences(competition, data),
        *said_of_whole,
        *_noise_sentences(data),
        *_query_sentences(competition, data, query),
    ]


def too_few_sentence(competition: Competition) -> str:
    """The sentence of a group of which nothing is told but that it is too small."""
    return _(
        "Fewer than %(least)s of the %(rows)s practice rows are in the group, by a noised count: too few to say "
        "anything."
    ) % {"least": competition.smallest_group, "rows": _practice_rows(competition)}


def _nothing_spent() -> str:
    return _(
        "No certification query was asked, so nothing of the team’s allowance or of the block was spent."
    )


def _practice_rows(competition: Competition) -> str:
    rows = competition.layout.rows_of("practice")
    return f"{rows.stop - rows.start:,}"


def _measured_sentences(competition: Competition, data: NoisedFeedback) -> list[str]:
    scale = scale_of(competition.loss)
    known = {
        "rows": f"{data.rows:,}",
        "all": _practice_rows(competition),
        "before": scale.format(data.loss_before),
        "after": scale.format(data.loss_alone),
        "changed": f"{data.changed or 0:,}",
        "wins": f"{data.wins or 0:,}",
        "losses": f"{data.losses or 0:,}",
    }
    said = [
        _(
            "About %(rows)s of the %(all)s practice rows are in the group. The patch alone takes the mean loss there "
            "from about %(before)s to about %(after)s."
        )
        if data.scale
        else _(
            "%(rows)s of the %(all)s practice rows are in the group. The patch alone takes the mean loss there from "
            "%(before)s to %(after)s."
        )
    ]
    if data.changed is not None:
        said.append(_("It changed %(changed)s answers: %(wins)s became better, %(losses)s worse."))
    return [each % known for each in said]


def _gate_sentences(competition: Competition, data: NoisedFeedback) -> list[str]:
    said = _(
        "Practice gate: the patch alone has to win in its own group, and the whole candidate to be better"
    )
    said += _(" (p at most %(level)s; of the patch alone p = %(p)s)") % {
        "level": f"{competition.gate_level:g}",
        "p": f"{data.p_value:.2g}",
    }
    if data.chance is not None and data.needed_gate is not None:
        said += _(", with a predicted chance of at least %(least)s (of the patch alone %(chance)s)") % {
            "least": f"{data.needed_gate:.0%}",
            "chance": f"{data.chance:.1%}",
        }
    return [said + "."]


def _whole_sentences(competition: Competition, whole: CandidateFeedback) -> list[str]:
    scale, repairs = scale_of(competition.loss), len(whole.repairs)
    candidate = (
        ngettext(
            "The candidate, which is the patch with the %(repairs)d repair it needs",
            "The candidate, which is the patch with the %(repairs)d repairs it needs",
            repairs,
        )
        if repairs
        else _("The candidate, which is the patch alone")
    )
    said = candidate + _(", takes the mean loss over all practice rows from %(before)s to %(after)s.")
    return [
        said
        % {
            "repairs": repairs,
            "before": scale.format(whole.overall_before),
            "after": scale.format(whole.overall_after),
        }
    ]


def _noise_sentences(data: NoisedFeedback) -> list[str]:
    if not data.scale:
        return []
    return [
        _(
            "All figures of the group are derived from counts with noise of scale %(scale)s, so that they add up and "
            "tell next to nothing of one person."
        )
        % {"scale": f"{data.scale:g}"}
    ]


def _query_sentences(competition: Competition, data: NoisedFeedback, query: LedgerQuery | None) -> list[str]:
    """Sentences on the query: the block's ledger before it, and the symbol that it answered."""
    if query is None:
        if data.reason == "accepted":
            return [_("Accepted by the plain rule; nothing was certified and no ledger was charged.")]
        return [_nothing_spent()]
    block = query.block
    asked = _(
        "Certification: query %(number)d of block %(block)d (%(rows)s rows, share of δ = %(delta)s), after "
        "%(accepted)d accepted and %(refused)d refused, tested by the %(test)s"
    ) % {
        "number": query.number,
        "block": block.number,
        "rows": f"{block.rows:,}",
        "delta": f"{block_delta(competition.delta, block.number, competition.fixed_blocks):.3g}",
        "accepted": query.accepted_before,
        "refused": query.number - 1 - query.accepted_before,
        "test": query.get_test_display(),
    }
    if query.passed or competition.is_closed:
        asked += _(
            " at level %(level)s (ln 1/δ = %(log).2f, which follows from the stored chance %(chance)s)"
        ) % {
            "level": f"{math.exp(-query.log_inverse_delta) if query.log_inverse_delta < 700 else 0.0:.2g}",
            "log": query.log_inverse_delta,
            "chance": f"{query.chance or 0:.0%}",
        }
    answer = LedgerQuery.Symbol(query.symbol).label
    return [
        _("%(asked)s: %(answer)s.") % {"asked": asked, "answer": answer},
        _("Spent: one query of the team’s allowance, and one symbol of the block."),
    ]
