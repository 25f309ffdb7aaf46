"""The demo's table: the RAND Health Insurance Experiment, as the statsmodels package carries it.

20,190 person-years of 5,912 people. The label is whether the person saw a doctor that year; what follows from a visit
(visits, dollars, admissions) is dropped, and so are logarithms of columns that are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.datasets.randhie as randhie

LABEL = "saw_doctor"
UNIT = "person"

# Who the base model was fitted on: the story is its deployment on everybody else.
BASE_WHERE = "sex == 'male' and age >= 18 and coinsurance > 0"

DECLARED_GROUPS = [
    ("children under six", "age < 6"),
    ("children of six to twelve", "age >= 6 and age < 13"),
    ("teenagers", "age >= 13 and age < 18"),
    ("women", "age >= 18 and sex == 'female'"),
    ("men", "age >= 18 and sex == 'male'"),
    ("Black people", "race == 'Black'"),
    ("people with free care", "coinsurance == 0"),
]

MEANINGS: dict[str, dict[str, Any]] = {
    "year": {"meaning": "study year"},
    "site": {"meaning": "study site"},
    "age": {"meaning": "age", "measure": "years", "kind": "number"},
    "sex": {"meaning": "sex"},
    "race": {"meaning": "race"},
    "coinsurance": {"meaning": "share of the bill the family pays", "measure": "percent", "kind": "number"},
    "deductible_plan": {"meaning": "individual deductible plan", "codes": {"0": "no", "1": "yes"}},
    "income": {"meaning": "family income", "measure": "dollars a year", "kind": "number"},
    "education": {
        "meaning": "education of the family's decision maker",
        "measure": "years",
        "kind": "number",
    },
    "family_size": {"meaning": "family size", "measure": "people", "kind": "number"},
    "mental_health": {"meaning": "mental health index at the start (0-100)", "kind": "number"},
    "chronic_diseases": {"meaning": "number of chronic conditions at the start (index)", "kind": "number"},
    "limitation": {"meaning": "physical limitation at the start (0 none, 1 limited)", "kind": "number"},
    "general_health": {"meaning": "general health index at the start (0-100)", "kind": "number"},
    "self_rated_health": {"meaning": "self-rated health"},
    "physical_exam": {
        "meaning": "took the physical examination at the start",
        "codes": {"0": "no", "1": "yes"},
    },
}

TITLE = "The last mile of care"
SUMMARY = (
    "A model that was fitted on men who pay for their care now decides for everybody who gets a check-up "
    "reminder: find the people it fails, and mend it."
)
DESCRIPTION = """\
A clinic sends check-up reminders to people who are unlikely to see a doctor this year. Its model learned from **men of
18 and over who pay part of their care** and is now used for everybody: children, women, people whose care is free.

The table is the RAND Health Insurance Experiment (1974-1982), a real randomised study: 20,190 person-years of 5,912
people. The model answers whether a person will see a doctor in a year. All years of one person stay in one split.

Find a group that the model serves badly, and, if you can, a better answer for it. What is accepted becomes part of the
model for everybody, and no protected group is made worse on the rows where that is decided.
"""
RULES = """\
1. A group is a rule about the columns alone. A patch answers for the people in it.
2. Everything is tried on public rows first. What fails there costs nothing.
3. A patch is accepted when the certification rows show, at the ledger's level, that the whole candidate is better.
4. Points follow the model's improvement on the practice rows (provisional) and, at the close, on the final rows.
5. Be respectful: these are real people's lives.
"""
TERMS = """\
By entering you agree that accepted groups and patches may be used in the shared model, and that you will not try to
find out who the people in the table are.
"""


def read_example_table() -> pd.DataFrame:
    """The demo's table as a data frame: 20,190 rows, 16 features, the unit and the label.

    Raises FileNotFoundError where statsmodels was installed without its data.
    """
    source = pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv")
    health = np.select(
        [source.hlthp == 1, source.hlthf == 1, source.hlthg == 1], ["poor", "fair", "good"], "excellent"
    )
    return pd.DataFrame(
        {
            "person": source.zper,
            "year": source.year,
            "site": source.site,
            "age": source.xage.round(2),
            "sex": np.where(source.female == 1, "female", "male"),
            # A few values were imputed as fractions by the study.
            "race": np.where(source.black >= 0.5, "Black", "not Black"),
            "coinsurance": source.coins,
            "deductible_plan": source.idp,
            "income": source.income.round(0),
            "education": source.educdec,
            "family_size": source.num,
            "mental_health": source.mhi,
            "chronic_diseases": source.disea,
            "limitation": source.physlm,
            "general_health": source.xghindx,
            "self_rated_health": health,
            "physical_exam": source.tookphys,
            "saw_doctor": np.where(source.mdvis > 0, "yes", "no"),
        }
    )
