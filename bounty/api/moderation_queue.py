"""API of the moderators' queue: everything that waits, assignments, private notes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination, problems
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import Page
from bounty.api.problems import Problem
from bounty.api.schemas.common import DoneOut, Part, Strict, TranslatedOut
from bounty.models import Competition, PrivateNote
from bounty.moderation import assignments, queue
from bounty.moderation.sections import QueueEntry, entry_or_404
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.moderators import moderators_of

router = Router(tags=["Moderation"])

ITEM = f"{INSIDE}/moderation/items/{{section}}/{{item}}"


class QueueQuery(Page):
    section: str = Field("", max_length=20, description="held, appeals, findings, ...; empty for all")
    who: Literal["", "mine", "nobody", "others"] = ""
    text: str = Field("", max_length=100, description="Words that it holds.")
    soon: bool = Field(False, description="Only what is due soon.")


class ItemOut(Schema):
    name: str = Field(description="Section and item, as decisions name it.")
    section: str
    item: str
    title: str
    says: str
    why: str
    team: str | None
    since: datetime
    due: datetime | None
    at_due: str = Field(description="What happens then.")
    assignee: str | None
    conflict: str = Field(description="Why you may not decide about it; empty where you may.")
    url: str


class DecideIn(Strict):
    items: list[str] = Field(min_length=1, max_length=queue.AT_ONCE, description="Names from the queue.")
    do: Literal["release", "refuse", "assign"]
    reason: str = Field("", max_length=2000, description="For `refuse`: each team reads it.")
    to: str = Field("", max_length=150, description="For `assign`: whose; empty gives them back.")


class OutcomeOut(TranslatedOut):
    name: str
    title: str
    done: bool
    words: str


class OutcomesOut(Schema):
    items: list[OutcomeOut]


class AssignIn(Strict):
    to: str = Field(max_length=150, description="A moderator's username; empty gives it back.")


class NoteIn(Strict):
    text: str = Field(pattern=r"\S", max_length=assignments.LONGEST_NOTE)


class NoteOut(Schema):
    author: str
    text: str
    created_at: datetime


class NotesOut(Schema):
    items: list[NoteOut]


@router.get(
    f"{INSIDE}/moderation/queue", operation_id="listQueue", **read_options(Part[ItemOut], 403, 404, 422)
)
def list_queue(request: ApiRequest, slug: str, page: Annotated[QueueQuery, Query()]) -> dict[str, Any]:
    """All that waits for a moderator: yours first, then what nobody looks at; within these by the clock."""
    competition = moderated_or_404(request, slug)
    wanted = queue.QueueFilter(page.section, page.who, page.text.strip(), page.soon)
    entries = queue.waiting_entries(competition)
    found = queue.queue_rows(competition, entries, request.user, timezone.now())
    shown = [row for row in found if wanted.holds(row)]
    part, after = pagination.paginate_items(shown, page, f"queue:{competition.pk}", _place)
    return {"items": [_item_out(row) for row in part], "next": after}


def _place(row: queue.QueueRow) -> tuple[Any, ...]:
    whose = 0 if row.mine else 2 if row.assignee else 1
    return (whose, (row.entry.due or row.entry.since).timestamp(), row.entry.section, row.entry.key)


def _item_out(row: queue.QueueRow) -> ItemOut:
    entry = row.entry
    return ItemOut(
        name=row.name,
        section=entry.section,
        item=entry.key,
        title=str(entry.title),
        says=entry.says,
        why=str(entry.why),
        team=entry.team.slug if entry.team else None,
        since=entry.since,
        due=entry.due,
        at_due=str(entry.at_due),
        assignee=row.assignee.get_username() if row.assignee else None,
        conflict=row.conflict,
        url=entry.url,
    )


@router.post(
    f"{INSIDE}/moderation/queue",
    operation_id="decideMany",
    **write_options(OutcomesOut, 404, scope=Scope.MODERATE),
)
def decide_many(request: ApiRequest, slug: str, body: DecideIn) -> dict[str, Any]:
    """Release, refuse or assign up to 100 items, each by itself: the answer says what became of each."""
    competition = moderated_or_404(request, slug)
    if body.do == "refuse" and not body.reason.strip():
        words = _("Say why they are refused: each team reads it.")
        raise Problem("invalid", words, (problems.field_problem("reason", words),))
    to = _moderator(competition, body.to) if body.do == "assign" else None
    done = queue.decide_many(competition, body.items, body.do, request.user, reason=body.reason, to=to)
    return {"items": [OutcomeOut.from_orm(outcome) for outcome in done]}


@router.put(
    f"{ITEM}/assignee", operation_id="assign", **write_options(DoneOut, 404, 409, scope=Scope.MODERATE)
)
def assign(request: ApiRequest, slug: str, section: str, item: str, body: AssignIn) -> DoneOut:
    """Take an item, give it to somebody who moderates, or give it back."""
    entry = _entry(request, slug, section, item)
    assignments.assign_entry(entry, _moderator(entry.competition, body.to), request.user)
    return DoneOut()


@router.get(f"{ITEM}/notes", operation_id="listNotes", **read_options(NotesOut, 403, 404, 422))
def list_notes(request: ApiRequest, slug: str, section: str, item: str) -> dict[str, Any]:
    """What moderators left for each other, the oldest first; nothing where you have a conflict with the team."""
    entry = _entry(request, slug, section, item)
    return {"items": [_note_out(note) for note in assignments.readable_notes(request.user, entry)]}


@router.post(
    f"{ITEM}/notes",
    operation_id="addNote",
    **write_options(NoteOut, 404, 409, scope=Scope.MODERATE, status=201),
)
def add_note(request: ApiRequest, slug: str, section: str, item: str, body: NoteIn) -> Status[NoteOut]:
    """Leave a note that only moderators see."""
    entry = _entry(request, slug, section, item)
    return Status(201, _note_out(assignments.add_note(entry, body.text, request.user)))


def _entry(request: ApiRequest, slug: str, section: str, item: str) -> QueueEntry:
    return entry_or_404(moderated_or_404(request, slug), section, item)


def _moderator(competition: Competition, username: str) -> User | None:
    if not username:
        return None
    found = moderators_of(competition).filter(username=username).first()
    if found is None:
        words = _("Nobody of that name moderates here; nothing was changed.")
        raise Problem("invalid", words, (problems.field_problem("to", words),))
    return found


def _note_out(note: PrivateNote) -> NoteOut:
    return NoteOut(author=note.author.get_username(), text=note.text, created_at=note.created_at)
