"""Shapes that several bodies and answers share."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from ninja import Schema
from pydantic import ConfigDict, Field, field_validator

from bounty.core.measures import MeasuredLoss
from bounty.exploration.preview import Interval

T = TypeVar("T")


class Strict(Schema):
    """A body: an entry that is not known is a slip, and told."""

    model_config = ConfigDict(extra="forbid")


class TranslatedOut(Schema):
    """An answer made of a page's own words, which may still wait for the reader's language."""

    @field_validator("*", mode="before")
    @classmethod
    def _spoken(cls, value: Any) -> Any:
        return str(value) if isinstance(value, Promise) else value


class Part(Schema, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: str | None = Field(None, description="Send it as `cursor` for the next part; null at the end.")


class LossOut(Schema):
    """A mean loss with its 95% interval, as a number from 0 to 1 and as the pages write it."""

    value: float
    low: float
    high: float
    text: str


class IntervalOut(Schema):
    """A mean and its 95% interval, in loss units."""

    mean: float
    low: float
    high: float


class DoneOut(Schema):
    """It was done; nothing more is to be told."""

    done: bool = True


def interval_out(found: Interval | None) -> IntervalOut | None:
    """The answer for an interval; None for none."""
    return None if found is None else IntervalOut(**found._asdict())


def loss_out(measured: MeasuredLoss) -> LossOut:
    """The answer for a measured loss."""
    low, high = measured.bounds
    return LossOut(value=measured.loss, low=low, high=high, text=f"{measured.text} ({measured.interval})")
