"""Creation of a draft's competition: on a worker, because a base model is fitted; once, however often it is asked."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty import notifications
from bounty.celery_app import MAKING
from bounty.competitions import create
from bounty.competitions.spec import ACCEPTANCE
from bounty.core import queue
from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, CompetitionDraft, Role
from bounty.models.notifications import NoticeKind
from bounty.organisers import draft_tables, drafts, steps
from evaluator.errors import BountyError, TableError

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)

State = CompetitionDraft.State
TASK = "bounty.make_competition"
# No table and no base model of a page takes longer; after that another worker may try.
LEASE = timedelta(minutes=30)
ASK_AGAIN_AFTER = timedelta(seconds=30)
STAGES = {
    "": gettext_lazy("waiting for a worker"),
    "table": gettext_lazy("reading the table"),
    "splits": gettext_lazy("drawing the rows of each part"),
    "base": gettext_lazy("fitting the model"),
    "storing": gettext_lazy("storing the rows and the first version"),
}
_STEP_OF = {
    **dict.fromkeys(("label", "unit", "task", "loss", "costs"), steps.TARGET),
    **dict.fromkeys(("exclude", "meanings"), steps.COLUMNS),
    **dict.fromkeys(("declared", "splits", "sizes", "blocks", "unit_rows", *ACCEPTANCE), steps.HOLDOUT),
    **dict.fromkeys(("base", "base_file", "base_learner", "base_where"), steps.BASE),
}


def request_creation(draft: CompetitionDraft) -> None:
    """Send the draft to a worker that makes its competition.

    Raises Refusal where something is missing, or it is made already.
    """
    if lacking := drafts.find_missing(draft):
        raise Refusal(lacking[0].message)
    with transaction.atomic():
        # Compare-and-set: of two presses of the button one wins.
        waiting = CompetitionDraft.objects.filter(pk=draft.pk, state=State.EDITING)
        fields = {"stage": "", "problem": "", "problem_step": "", "lease_until": None}
        if not waiting.update(state=State.MAKING, updated_at=timezone.now(), **fields):
            raise Refusal(_("It is being made already."))
        _send(draft)
    draft.refresh_from_db()


def resend_lost(now: datetime) -> None:
    """Send drafts whose message or whose worker was lost to another worker."""
    for draft in CompetitionDraft.objects.orphaned(now, now - ASK_AGAIN_AFTER):
        CompetitionDraft.objects.filter(pk=draft.pk).update(updated_at=now)
        _send(draft)


def _send(draft: CompetitionDraft) -> None:
    key = str(draft.key)
    transaction.on_commit(lambda: queue.send_task(TASK, MAKING, draft=key), robust=True)


def make_competition(key: str) -> Competition | None:
    """The competition made of the draft of this key, on a worker.

    None where another worker makes it, or it could not be made: the draft then says why.
    """
    draft = _claim(key)
    if draft is None:
        return None
    try:
        competition = _made_before(draft) or _create(draft)
        _finish(draft, competition)
    except BountyError as error:
        _failed(draft, error)
        return None
    except Exception:
        log.exception("draft %s could not be made", draft.key)
        _failed(draft, BountyError("Something went wrong on our side. Nothing was made; try it once more."))
        return None
    return competition


def _claim(key: str) -> CompetitionDraft | None:
    now = timezone.now()
    try:
        mine = CompetitionDraft.objects.filter(key=UUID(key), state=State.MAKING)
    except ValueError:
        log.warning("a message names no draft: %.80r", key)
        return None
    free = mine.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    if not free.update(lease_until=now + LEASE, stage="table"):
        return None
    return CompetitionDraft.objects.select_related("owner", "source").get(key=UUID(key))


def _made_before(draft: CompetitionDraft) -> Competition | None:
    """The competition that a worker left behind when it died between making it and saying so; None where none did."""
    return Competition.objects.filter(key=draft.competition_key).first()


def _create(draft: CompetitionDraft) -> Competition:
    def tell(stage: str) -> None:
        CompetitionDraft.objects.filter(pk=draft.pk).update(stage=stage, lease_until=timezone.now() + LEASE)

    wishes = drafts.creation_arguments(draft)
    return create.create_competition(draft_tables.read_frame(draft), tell=tell, **wishes)


def _finish(draft: CompetitionDraft, competition: Competition) -> None:
    with transaction.atomic():
        _keep_out(draft, competition)
        CompetitionDraft.objects.filter(pk=draft.pk).update(
            state=State.MADE, competition=competition, stage="", lease_until=None, updated_at=timezone.now()
        )
        _tell(
            draft,
            competition,
            lambda: _("“%(title)s” is made") % {"title": competition.title},
            lambda: _("Look at it as participants will, then open it."),
            reverse("organise-competition", args=[competition.slug]),
        )


def _failed(draft: CompetitionDraft, error: BountyError) -> None:
    _tell(
        draft,
        None,
        lambda: _("“%(title)s” could not be made") % {"title": draft},
        str(error),
        draft.get_absolute_url(),
    )
    CompetitionDraft.objects.filter(pk=draft.pk).update(
        state=State.EDITING,
        stage="",
        lease_until=None,
        problem=str(error),
        problem_step=step_of(draft, error),
        updated_at=timezone.now(),
    )


def _tell(
    draft: CompetitionDraft,
    competition: Competition | None,
    subject: notifications.Words,
    body: notifications.Words,
    url: str,
) -> None:
    """Send a notice to the draft's owner, who may have left the page that waits."""
    notifications.notify_users(
        NoticeKind.PHASE, to=[draft.owner], competition=competition, subject=subject, body=body, url=url
    )


def step_of(draft: CompetitionDraft, error: BountyError) -> str:
    """The step at which what was refused can be mended."""
    if isinstance(error, Refusal) and error.field:
        return _STEP_OF.get(error.field, steps.RULES)
    if isinstance(error, TableError):
        target = draft.answers.get(steps.TARGET, {})
        if error.column in (target.get("label"), target.get("unit")) and error.column:
            return steps.TARGET
        return steps.COLUMNS if error.column else steps.HOLDOUT
    return steps.PREVIEW


# --- who saw too much ---------------------------------------------------------------------------------------------
def _keep_out(draft: CompetitionDraft, competition: Competition) -> None:
    """Ban all participants of the competition that this one copies: they saw labels of rows that are secret here."""
    if not draft.answers.get(steps.RULES, {}).get("keep_out") and not _is_rehearsed(draft):
        return
    serving = {
        competition.organiser_id,
        *Role.objects.filter(competition=competition).values_list("user", flat=True),
    }
    people = (label_readers(draft.source) if draft.source else set()) | set(draft.answers.get("seen_by", []))
    reason = _(
        "You took part in the competition that this one was copied from, so you saw labels of rows that are "
        "secret here."
    )
    Ban.objects.bulk_create(
        [
            Ban(competition=competition, user_id=user, reason=reason, created_by=draft.owner)
            for user in sorted(people - serving)
        ],
        ignore_conflicts=True,
    )


def _is_rehearsed(draft: CompetitionDraft) -> bool:
    return bool(draft.source and draft.source.rehearsal) or bool(draft.answers.get("seen_by"))


def label_readers(competition: Competition) -> set[int]:
    """Keys of users who can look at the competition's labels: participants, invited people, organisers and
    moderators.
    """
    entered = competition.participations.values_list("user", flat=True)
    return {competition.organiser_id, *entered, *competition.roles.values_list("user", flat=True)}


def keep_label_readers(competition: Competition) -> None:
    """Write the readers of a rehearsal's labels into the drafts that copy it, before the rehearsal is deleted."""
    people = label_readers(competition)
    for draft in _unfinished(competition):
        known = set(draft.answers.get("seen_by", []))
        draft.answers["seen_by"] = sorted(known | people)
        draft.save(update_fields=["answers"])


def _unfinished(competition: Competition) -> QuerySet[CompetitionDraft]:
    return competition.copies.exclude(state=State.MADE)
