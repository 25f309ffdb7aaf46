"""Forms of the wizard's steps, each of which can be bound again to what was typed into it earlier."""

from bounty.organisers.forms.base import BaseForm
from bounty.organisers.forms.columns import ColumnsForm
from bounty.organisers.forms.holdout import HoldoutForm
from bounty.organisers.forms.rules import MEGABYTE, MOMENT, TEXTS, RulesForm
from bounty.organisers.forms.step import StepForm
from bounty.organisers.forms.target import TargetForm

__all__ = [
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
