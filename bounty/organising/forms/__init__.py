"""The forms of the steps. Each can be bound again to what was typed into it earlier."""

from bounty.organising.forms.base import BaseForm
from bounty.organising.forms.columns import ColumnsForm
from bounty.organising.forms.holdout import ACCEPTANCE, HoldoutForm
from bounty.organising.forms.rules import MEGABYTE, MOMENT, TEXTS, RulesForm
from bounty.organising.forms.step import StepForm
from bounty.organising.forms.target import TargetForm

__all__ = [
    "ACCEPTANCE",
    "MEGABYTE",
    "MOMENT",
    "TEXTS",
    "BaseForm",
    "ColumnsForm",
    "HoldoutForm",
    "RulesForm",
    "StepForm",
    "TargetForm",
]
