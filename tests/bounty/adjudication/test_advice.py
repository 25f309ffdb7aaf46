"""What a team is advised after each outcome, word for word, and that Spanish readers get it in Spanish."""

from __future__ import annotations

from django.utils import translation

from bounty.adjudication.feedback import VerdictFeedback
from bounty.models import Verdict
from evaluator.adjudication.feedback import GroupLine
from evaluator.decision_list import Repair


def advice(verdict: Verdict) -> tuple[str, ...]:
    """The English sentences, after a check that each has its Spanish."""
    english = _read(verdict, "en")
    spanish = _read(verdict, "es")
    assert len(spanish) == len(english)
    assert not set(spanish) & set(english)
    return english


def _read(verdict: Verdict, language: str) -> tuple[str, ...]:
    with translation.override(language):
        feedback = VerdictFeedback.for_verdict(verdict.submission, verdict)
    assert feedback is not None
    return tuple(str(sentence) for sentence in feedback.advice)


# --- a patch ---------------------------------------------------------------------------------------------------------
def test_after_an_acceptance_the_model_page_is_next(judged):
    assert advice(judged("accepted", reason="accepted")) == (
        "The model page shows the new version. Look where it is still worst, and go on.",
    )


def test_after_a_rollback_it_may_be_asked_again(judged):
    assert advice(judged("not_shown", reason="accepted")) == (
        "It was accepted once. Ask again from this page: it is judged as the model is now, and costs a query.",
    )


def test_an_empty_group_is_to_be_loosened(judged):
    assert advice(judged(reason="empty_group", rows=0)) == (
        "Loosen a condition until the live view shows rows.",
    )


def test_where_nothing_changed_another_group_or_kind_is_named(judged):
    assert advice(judged(reason="no_change", wins=0, losses=0)) == (
        "Choose a group where the model errs more, or another kind of model for the patch.",
    )


def test_a_patch_that_its_own_repair_took_back_is_to_be_another_model(judged):
    verdict = judged(reason="no_change", wins=0, losses=0)
    verdict.practice["repairs"] = [{"key": verdict.submission.key, "target": 0}]
    assert advice(verdict) == (
        "In the group itself the patch answered worse than the model did, so a repair took it back at once. "
        "Try another kind of model, or one of your own.",
    )


def test_the_repair_of_another_group_takes_nothing_back(judged):
    verdict = judged(reason="no_change", repairs=(Repair("declared:1", 0),))
    assert advice(verdict) == (
        "Choose a group where the model errs more, or another kind of model for the patch.",
    )


def test_a_patch_no_better_in_its_group_needs_another_learner_or_a_smaller_group(judged):
    assert advice(judged(reason="practice", loss_before=0.3, loss_after=0.3)) == (
        "Inside the group the patch answers no better than the model. Try another learner, or fit your own.",
        "A smaller, more uniform group is often easier to serve.",
    )


def test_a_patch_better_on_too_few_rows_needs_a_wider_group_or_a_better_patch(judged):
    assert advice(judged(reason="practice")) == (
        "It points the right way, but on too few rows. A wider group of the same kind changes more answers.",
        "A better patch wins a larger share of what it changes: try another learner, or a model of your own.",
    )


def test_without_queries_left_the_teams_own_model_still_took_it(judged):
    assert advice(judged(reason="allowance")) == (
        "Your team's own model took it all the same; it counts on the board.",
    )


def test_too_few_rows_to_rule_out_harm_ask_for_a_group_without_the_small_ones(judged):
    assert advice(judged(reason="unsure_harm", unsure=("declared:1",))) == (
        "Leave groups that are too small out of yours, with `and not (...)`: a group needs fewest rows where "
        "none of its answers changes.",
    )


def test_without_an_open_block_it_waits_for_the_next(judged):
    assert advice(judged(reason="no_block")) == (
        "When the organiser opens another block, ask again from this page.",
    )


def test_a_refused_query_is_asked_again_by_itself(judged):
    assert advice(judged(reason="refused")) == (
        "When a new block opens it is asked again by itself, if your team has queries left. Once the model has "
        "moved on you may ask sooner: this page will offer it.",
    )


def test_after_harm_those_who_were_worse_off_on_practice_rows_are_named(judged):
    competition = judged(reason="harm").submission.competition
    children = competition.declared_groups.create(name="small children", expression="AGE < 6")
    worse, better = (
        GroupLine(key, 50, before, 0.2, 0.1) for key, before in ((children.key, 0.1), ("declared:0", 0.3))
    )
    assert advice(judged(reason="harm", groups=(worse, better))) == (
        "Leave those whom it harms out of the group, with `and not (...)`. "
        "On practice rows worse off: small children.",
    )


def test_after_harm_that_practice_rows_do_not_show_nobody_is_named(judged):
    better = GroupLine("declared:0", 50, 0.3, 0.2, 0.2)
    assert advice(judged(reason="harm", groups=(better,))) == (
        "Leave those whom it harms out of the group, with `and not (...)`.",
    )


def test_a_group_that_may_not_be_named_stays_a_protected_group(judged):
    worse = GroupLine("declared:0", 50, 0.1, 0.2, 0.1)
    assert advice(judged(reason="harm", groups=(worse,)))[0].endswith("worse off: a protected group.")


# --- a finding -------------------------------------------------------------------------------------------------------
def test_a_confirmed_finding_asks_for_its_patch(judged_finding):
    assert advice(judged_finding("confirmed")) == ("Now mend it: submit a patch for the same group.",)


def test_a_finding_of_no_rows_is_to_be_loosened(judged_finding):
    assert advice(judged_finding(rows=0)) == ("Loosen a condition until the live view shows rows.",)


def test_a_finding_where_the_model_does_no_worse_points_to_the_explore_rows(judged_finding):
    assert advice(judged_finding(loss_inside=0.2)) == (
        "The model does no worse there than elsewhere. Look for another group on the explore rows.",
    )


def test_a_finding_in_the_right_direction_is_told_so(judged_finding):
    assert advice(judged_finding()) == (
        "The direction is right. A wider group, or a sharper one where the model errs more, would show it.",
    )
