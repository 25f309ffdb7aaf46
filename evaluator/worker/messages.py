"""Messages between the site and an evaluating worker, orders and reports: checked at the border, then frozen.

Both travel as JSON through a broker. An order that makes no sense is our fault, never the participant's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from evaluator.artifacts import Stored
from evaluator.errors import ErrorClass, PlatformFault
from evaluator.losses import Loss
from evaluator.schema import Schema
from evaluator.splits import Layout

Purpose = Literal["submission", "base", "dry_run"]

# Kinds whose content is a stored file; a group may also be an expression, a patch fitted or in the group's file.
FILE_KINDS = frozenset({"python", "zip", "onnx", "skops", "safetensors"})
GROUP_KINDS = (FILE_KINDS - {"safetensors"}) | {"expression", "find"}
PATCH_KINDS = FILE_KINDS | {"fit", "same"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
# The broker's key under which the site says which attempt of an order is current: 0 where it has moved on.
ORDER_STAMP = "orders:%s"
# Bounded where they are made; bounded again before they travel.
MAX_DETAIL, MAX_TRACEBACK, MAX_NOTICES = 2_000, 20_000, 10


@dataclass(frozen=True)
class PartOrder:
    """An order's part: an expression, a learner to fit, or a stored file."""

    kind: str
    expression: str = ""
    learner: str = ""
    file: Stored | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any], kinds: frozenset[str]) -> PartOrder:
        """The part that `to_json` wrote. Raises ValueError where the kind is none of `kinds` or what it needs is
        missing.
        """
        kind = str(data.get("kind"))
        if kind not in kinds:
            raise ValueError(f"unknown kind {kind[:40]!r}")
        file = Stored.from_json(data) if data.get("path") else None
        part = cls(kind, str(data.get("expression") or ""), str(data.get("learner") or ""), file)
        if kind in FILE_KINDS | {"find"} and file is None:
            raise ValueError(f"a part of kind {kind} without its file")
        if kind == "expression" and not part.expression:
            raise ValueError("an expression without its text")
        if kind == "fit" and not part.learner:
            raise ValueError("a patch to fit without a learner")
        return part

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        data: dict[str, Any] = {"kind": self.kind, "expression": self.expression, "learner": self.learner}
        return data | (self.file.to_json() if self.file else {})


@dataclass(frozen=True)
class Limits:
    """Limits of the competition beyond the sandbox's own policy: seconds for fitting a patch."""

    fit_s: float = 60.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        """The limits of an order. Raises ValueError for seconds out of range."""
        seconds = float(data.get("fit_s", cls.fit_s))
        if not 0 < seconds <= 3600:
            raise ValueError(f"fit_s is out of range: {seconds}")
        return cls(seconds)


@dataclass(frozen=True)
class Order:
    """An order for one evaluation. `purpose` base: `patch` is the base model, and there is no group. dry_run: on
    public rows alone, so the table of secret rows is not even named.

    `head_loss` (float64 per public row) is what `find_group` may look at; its digest is not held against the
    file, which is replaced whenever the head moves: any version's losses serve a search.
    """

    submission: str
    attempt: int
    schema: Schema
    loss: Loss
    layout: Layout
    public: Stored
    secret: Stored | None
    group: PartOrder | None
    patch: PartOrder | None
    head_loss: Stored | None = None
    limits: Limits = field(default_factory=Limits)
    purpose: Purpose = "submission"
    # adjudication.rule.Rule.version of the competition: which failures on secret rows are told.
    rule_version: int = 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Order:
        """The checked order. Raises PlatformFault naming what is wrong with it."""
        try:
            return _order(data)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PlatformFault(f"an order that makes no sense: {type(error).__name__}: {error}") from error

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return {
            "submission": self.submission,
            "attempt": self.attempt,
            "schema": self.schema.to_json(),
            "loss": self.loss.to_json(),
            "layout": self.layout.to_json(),
            "public": self.public.to_json(),
            "secret": self.secret.to_json() if self.secret else None,
            "head_loss": self.head_loss.to_json() if self.head_loss else None,
            "group": self.group.to_json() if self.group else None,
            "patch": self.patch.to_json() if self.patch else None,
            "limits": asdict(self.limits),
            "purpose": self.purpose,
            "rule_version": self.rule_version,
        }


def _order(data: Mapping[str, Any]) -> Order:
    purpose = data.get("purpose", "submission")
    if purpose not in get_args(Purpose):
        raise ValueError(f"unknown purpose {purpose!r}")
    group = _part(data.get("group"), GROUP_KINDS)
    patch = _part(data.get("patch"), FILE_KINDS if purpose == "base" else PATCH_KINDS)
    order = Order(
        submission=submission_name(data),
        attempt=int(data["attempt"]),
        schema=Schema.from_json(data["schema"]),
        loss=Loss.from_json(data["loss"]),
        layout=Layout.from_json(data["layout"]),
        public=Stored.from_json(data["public"]),
        secret=Stored.from_json(data["secret"]) if data.get("secret") else None,
        group=group,
        patch=patch,
        head_loss=Stored.from_json(data["head_loss"]) if data.get("head_loss") else None,
        limits=Limits.from_json(data.get("limits") or {}),
        purpose=purpose,
        rule_version=int(data.get("rule_version", 1)),
    )
    _check_whole(order)
    return order


def _part(data: Mapping[str, Any] | None, kinds: frozenset[str]) -> PartOrder | None:
    """A patch of kind `none` is a finding: no part at all."""
    if not data or data.get("kind") in (None, "none"):
        return None
    return PartOrder.from_json(data, kinds)


def _check_whole(order: Order) -> None:
    """What no single field can say."""
    if order.attempt < 1:
        raise ValueError(f"attempt {order.attempt}: they count from 1")
    if order.rule_version not in (1, 2):
        raise ValueError(f"there is no rule {order.rule_version}")
    if (order.secret is None) != (order.purpose == "dry_run"):
        raise ValueError("the secret rows belong to every order but a dry run's")
    if order.purpose == "base":
        if order.group is not None or order.patch is None:
            raise ValueError("a base model is the patch of an order without a group")
        return
    if order.group is None:
        raise ValueError("a submission without a group")
    if order.patch is not None and order.patch.kind == "same" and order.group.file is None:
        raise ValueError("the patch is said to be in the group's file, but the group has none")
    if order.group.kind == "find" and order.head_loss is None:
        raise ValueError("find_group without the head's losses")


def submission_name(data: Mapping[str, Any]) -> str:
    """The submission's name in an order, even where the rest of the order makes no sense. Raises ValueError."""
    name = str(data.get("submission"))
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a submission's name: {name[:80]!r}")
    return name


@dataclass(frozen=True)
class Report:
    """A worker's report on an order. Everything here may be shown to the team except the arrays.

    status: ok, an ErrorClass, or fault (ours). `detail` and `traceback` come from public rows only; with
    `on_practice` both are empty, with `on_secret` (the rule of 2026-11) the status is `no_result` as well. `arrays` and
    `files` name what was stored.
    """

    submission: str
    attempt: int
    status: str
    purpose: Purpose = "submission"
    detail: str = ""
    traceback: str = ""
    on_secret: bool = False
    on_practice: bool = False
    arrays: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    expression: str = ""
    words: str = ""
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in {"ok", "fault", *ErrorClass}:
            raise ValueError(f"unknown status {self.status!r}")
        if self.on_secret and (self.status != ErrorClass.NO_RESULT or self.detail or self.traceback):
            raise ValueError("a failure on secret rows alone is no_result, without a word")
        if self.on_practice and (self.status not in {*ErrorClass} or self.detail or self.traceback):
            raise ValueError("a failure on practice rows is told by its class, without a word")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The checked report. Raises ValueError or TypeError for what is none."""
        report = cls(**{**data, "notices": tuple(data.get("notices", ()))})
        texts = (report.detail, report.traceback, report.expression, report.words, *report.notices)
        if not all(isinstance(text, str) and len(text) <= MAX_TRACEBACK for text in texts):
            raise ValueError("a text of the report is none, or longer than any that a worker sends")
        if type(report.attempt) is not int or {type(report.on_secret), type(report.on_practice)} != {bool}:
            raise ValueError("the attempt is no number, or where it failed neither true nor false")
        submission_name(data)
        for stored in (*report.arrays.values(), *report.files.values()):
            Stored.from_json(stored)
        return report

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads, with its texts cut to what may travel."""
        return asdict(self) | {
            "detail": self.detail[:MAX_DETAIL],
            # The end of a traceback says what went wrong.
            "traceback": self.traceback[-MAX_TRACEBACK:],
            "notices": list(self.notices[:MAX_NOTICES]),
        }
