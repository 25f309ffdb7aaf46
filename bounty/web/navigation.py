"""Links of every menu of the site, in order, and which of them a reader is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bounty.models import Competition, Role
from bounty.permissions import rules
from bounty.permissions.memberships import membership_of_reader

# Who is shown a link, where that is not everybody: whoever is logged in; who moderates or organises there.
LOGGED_IN, MODERATES, ORGANISES = "logged in", "moderates", "organises"


@dataclass(frozen=True)
class MenuEntry:
    """One entry of a menu: the name of its address, its words, and who is shown it ("": everybody)."""

    name: str
    words: Promise
    shown_to: str = ""


@dataclass(frozen=True)
class Link:
    url: str
    words: Promise
    is_current: bool


# Pages of one competition.
MENUS: dict[str, tuple[MenuEntry, ...]] = {
    "competition": (
        MenuEntry("competition", _("Overview")),
        MenuEntry("explore", _("Explore")),
        MenuEntry("data", _("Data")),
        MenuEntry("submit", _("Submit")),
        MenuEntry("my-submissions", _("My submissions"), LOGGED_IN),
        MenuEntry("board", _("Board")),
        MenuEntry("model", _("Model")),
        MenuEntry("discussion", _("Discussion")),
        MenuEntry("rules", _("Rules")),
        MenuEntry("my-team", _("My team"), LOGGED_IN),
        MenuEntry("moderate", _("Moderate"), MODERATES),
        MenuEntry("organise-competition", _("Organise"), ORGANISES),
    ),
    "organise": (
        MenuEntry("organise-competition", _("Where it stands")),
        MenuEntry("organise-texts", _("Texts and dates")),
        MenuEntry("organise-words", _("Columns")),
        MenuEntry("organise-corrections", _("Corrections")),
        MenuEntry("organise-labels", _("Reported labels")),
        MenuEntry("organise-findings-report", _("Findings report")),
        MenuEntry("organise-people", _("People")),
        MenuEntry("organise-participation", _("Participation")),
        MenuEntry("organise-budget", _("Budget")),
    ),
    "moderate": (
        MenuEntry("moderate", _("Queue")),
        MenuEntry("moderate-findings", _("All findings")),
        MenuEntry("moderate-conflicts", _("Conflicts of interest")),
        MenuEntry("moderate-rules", _("Reasons and rules"), ORGANISES),
    ),
    "boards": (
        MenuEntry("board", _("Overall")),
        MenuEntry("board-for", _("Who helped whom")),
        MenuEntry("board-findings", _("Findings")),
        MenuEntry("harms", _("Open harms")),
        MenuEntry("pictures", _("Pictures")),
    ),
}
# Pages of one's account; they belong to no competition.
ACCOUNT = (
    MenuEntry("account", _("Overview")),
    MenuEntry("account_email", _("Email")),
    MenuEntry("account_change_password", _("Password")),
    MenuEntry("tokens", _("Tokens")),
)


def competition_links(
    menu: str, request: HttpRequest, competition: Competition, here: str = ""
) -> list[Link]:
    """The menu's links for this reader; `here` names the present page where its address is not the request's."""
    pages = MENUS[menu]
    if any(page.shown_to for page in pages):
        roles = _roles(request, competition)
        pages = tuple(page for page in pages if not page.shown_to or page.shown_to in roles)
    here = here or _present(request)
    return [
        Link(reverse(page.name, args=[competition.slug]), page.words, page.name == here) for page in pages
    ]


def account_links(request: HttpRequest) -> list[Link]:
    """Links of the pages of one's account."""
    here = _present(request)
    return [Link(reverse(page.name), page.words, page.name == here) for page in ACCOUNT]


def _present(request: HttpRequest) -> str:
    return (request.resolver_match.url_name or "") if request.resolver_match else ""


def _roles(request: HttpRequest, competition: Competition) -> frozenset[str]:
    if not request.user.is_authenticated:
        return frozenset()
    duties = rules.competition_roles(request.user, competition, membership_of_reader(request, competition))
    found = {LOGGED_IN} | ({MODERATES} if duties else set())
    return frozenset(found | ({ORGANISES} if Role.Kind.ORGANISER in duties else set()))
