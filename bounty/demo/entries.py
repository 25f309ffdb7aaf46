"""Submissions that the demo's teams send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from bounty.demo.homework import onnx_patch, read_sample, skops_patch, zip_with_weights

Upload = tuple[str, bytes]  # (file name, content)

NUMBERS = ("age", "coinsurance", "income", "family_size", "mental_health", "chronic_diseases", "limitation")


@dataclass(frozen=True)
class Entry:
    """One submission as a person would fill in the form."""

    by: str  # a user name of bounty.demo.people
    description: str
    expression: str = ""
    group_file: Upload | None = None
    patch: str = "fit"  # none | fit | same | file
    learner: str = "boosting"
    patch_file: Upload | None = None


def rand_entries(X: pd.DataFrame, codes: NDArray[Any]) -> list[Entry]:
    """Submissions of the RAND table's story. X: public train rows as a participant downloads them;
    codes: int64[n], 1 saw a doctor.
    """
    return _first_days(X, codes) + _later_days(X, codes)


def _first_days(X: pd.DataFrame, codes: NDArray[Any]) -> list[Entry]:
    """Submissions with one of each kind of file, and the first things that go wrong."""
    teens = X["age"].between(13, 18, inclusive="left").to_numpy()
    children = X["age"].between(6, 13, inclusive="left").to_numpy()
    free = (X["coinsurance"] == 0).to_numpy()
    return [
        Entry("alice", "Toddlers are taken to the doctor whatever it costs.", "age < 6", patch="none"),
        Entry("alice", "Small children: a model of their own.", "age < 6"),
        Entry(
            "bob",
            "Women see a doctor more often than the men it learned from.",
            "age >= 18 and sex == 'female'",
        ),
        Entry("mallory", "Rich people?", group_file=read_sample("crashes.py"), patch="none"),
        Entry(
            "charlie",
            "Teenagers: a model fitted at home.",
            "age >= 13 and age < 18",
            patch="file",
            patch_file=skops_patch(X, codes, teens),
        ),
        Entry(
            "charlie",
            "Teenagers again, by a rule of thumb.",
            group_file=read_sample("teenagers.py"),
            patch="same",
        ),
        Entry(
            "dora",
            "School children, a linear model.",
            group_file=zip_with_weights(X, codes, children, NUMBERS),
            patch="same",
        ),
        Entry(
            "mallory", "Everybody above the median.", group_file=read_sample("counts_rows.py"), patch="none"
        ),
        Entry(
            "erin",
            "Free care: a logistic regression.",
            "coinsurance == 0",
            patch="file",
            patch_file=onnx_patch(X, codes, free, NUMBERS),
        ),
        Entry(
            "alice",
            "Let the machine look for the worst slice of women.",
            group_file=read_sample("find_worst_slice.py"),
            patch="fit",
        ),
        Entry("mallory", "Noise 1.", "site == 3 and family_size == 4", learner="tree"),
        Entry("mallory", "Waiting.", group_file=read_sample("never_ends.py"), patch="none"),
    ]


def _later_days(X: pd.DataFrame, codes: NDArray[Any]) -> list[Entry]:
    """Submissions of overlapping groups, noise, and what a moderator has to look at."""
    children = (X["age"] < 18).to_numpy()
    return [
        Entry("bob", "Women on the cheapest plans.", "sex == 'female' and coinsurance >= 95", patch="none"),
        Entry("dora", "Girls of six to twelve.", "age >= 6 and age < 13 and sex == 'female'"),
        Entry(
            "erin",
            "Chronic conditions under free care.",
            group_file=read_sample("free_care_group.py"),
            patch="fit",
            learner="logistic",
        ),
        Entry("mallory", "One man in one town.", "site == 6 and age > 60 and family_size > 9", patch="none"),
        Entry("charlie", "Black people are served worse.", "race == 'Black'", patch="none"),
        Entry("charlie", "Black people: a patch.", "race == 'Black'"),
        Entry(
            "mallory", "Is there anything else here?", group_file=read_sample("looks_around.py"), patch="none"
        ),
        Entry("bob", "Women of forty and more.", "age >= 40 and sex == 'female'", learner="logistic"),
        Entry(
            "dora",
            "All children and teenagers, one model.",
            "age < 18",
            patch="file",
            patch_file=skops_patch(X, codes, children),
        ),
        Entry("mallory", "Only one answer.", group_file=read_sample("wrong_length.py"), patch="none"),
        Entry("erin", "Free care for adults.", "coinsurance == 0 and age >= 18"),
        Entry("alice", "Children of poorer families.", "age < 13 and income < 6000"),
        Entry("mallory", "Noise 2.", "year == 4 and mental_health > 85", learner="tree"),
        Entry("bob", "People in fair or poor health.", "self_rated_health in ('fair', 'poor')"),
        Entry("charlie", "Teenage girls.", "age >= 13 and age < 18 and sex == 'female'", learner="logistic"),
        Entry("erin", "Well-educated households.", "education >= 14"),
        Entry("dora", "Babies.", "age < 2", patch="none"),
        Entry("mallory", "Noise 3.", "physical_exam == 1 and site in (2, 5)", learner="tree"),
        Entry("alice", "Everybody, once more.", "True"),
        Entry(
            "bob",
            "Healthy men who pay.",
            "sex == 'male' and age >= 18 and coinsurance > 0 and general_health > 80",
        ),
    ]


def slice_entries(expressions: Sequence[str], cast: Sequence[str]) -> list[Entry]:
    """Submissions for any other table: a finding and a fitted patch for each of its worst slices, and what goes
    wrong.
    """
    entries = []
    for number, expression in enumerate(expressions):
        by = cast[number % (len(cast) - 1)]
        if number % 3 == 0:
            entries.append(Entry(by, "A slice where the model errs more often.", expression, patch="none"))
        learner = ("boosting", "tree", "logistic")[number % 3]
        entries.append(Entry(by, "A patch for one of the worst slices.", expression, learner=learner))
    trouble = [read_sample(name) for name in ("crashes.py", "wrong_length.py", "looks_around.py")]
    entries += [
        Entry(cast[-1], "What could go wrong?", group_file=upload, patch="none") for upload in trouble
    ]
    return entries
