"""The state filters of a list of submissions: a label for each, and the states that it stands for."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from bounty.models import Submission

State = Submission.State
# The words of the filter; each stands for states that a reader does not tell apart.
STATE_FILTERS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "running": (gettext_lazy("running"), tuple(s for s in Submission.RUNNING if s != State.HELD)),
    "held": (gettext_lazy("held"), (State.HELD,)),
    "accepted": (gettext_lazy("accepted"), (State.ACCEPTED, State.CONFIRMED)),
    "worse": (gettext_lazy("worse on practice rows"), (State.WORSE,)),
    "not-shown": (gettext_lazy("not shown yet"), (State.NOT_SHOWN,)),
    "harm": (gettext_lazy("harm seen"), (State.HARMFUL,)),
    "failed": (gettext_lazy("could not be run"), (State.FAILED,)),
    "other": (gettext_lazy("refused or withdrawn"), (State.REFUSED, State.WITHDRAWN, State.DISQUALIFIED)),
}
