"""The API client: a competition's data, submissions and boards as methods."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.client import credentials, errors
from evaluator.client.http import Http, Progress
from evaluator.client.results import BoardRow, Competition, DryRun, ModelState, Preview, Submission

if TYPE_CHECKING:
    from evaluator.commands.check_files import FileVerdict


class Client:
    """A client of one site, as one person.

    Parameters
    ----------
    url, token : str, optional
        The site and a token from your account page there. What is left out is what `bounty login` keeps.
        Without a token only what is public can be read.

    Every method raises a `Problem` (BadToken, Forbidden, NotFound, Conflict, Invalid, ...) that says how to mend it.
    """

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        kept = credentials.read() if url is None or token is None else None
        if url is None and kept is None:
            raise errors.BadToken(
                "Say which site: Client(url, token), the variables BOUNTY_URL and BOUNTY_TOKEN, or `bounty login` once."
            )
        if kept is not None and token is None and url in (None, kept.url):
            token = kept.token or None
        self._http = Http(url or (kept.url if kept else ""), token)

    def __repr__(self) -> str:
        return f"Client({self._http.site!r})"

    @property
    def url(self) -> str:
        """The site's address."""
        return self._http.site

    def me(self) -> dict[str, Any]:
        """The person whom the site takes you for, and the token's scopes."""
        return dict(self._http.get("me"))

    def competitions(self) -> list[Competition]:
        """All competitions that you may see, the newest first."""
        return [Competition.from_json(one) for one in self._http.list_items("competitions")]

    def competition(self, slug: str) -> Competition:
        """One competition. Raises NotFound."""
        return Competition.from_json(self._http.get(f"competitions/{slug}"))

    def enter(self, slug: str, *, accept_terms: bool, team: str = "") -> str:
        """Take part, alone or in a new team; the team's name. Read `rules(slug)["terms"]` first."""
        body = {"accept_terms": accept_terms, "team": team}
        return str(self._http.post(f"competitions/{slug}/enter", body)["name"])

    def rules(self, slug: str) -> dict[str, Any]:
        """The rules of a competition, its terms among them."""
        return dict(self._http.get(f"competitions/{slug}/rules"))

    def schema(self, slug: str) -> dict[str, Any]:
        """The schema of a competition: columns, label and loss."""
        return dict(self._http.get(f"competitions/{slug}/schema"))

    def files(self, slug: str) -> list[dict[str, Any]]:
        """The files of public rows that can be downloaded."""
        return list(self._http.get(f"competitions/{slug}/data")["items"])

    def data(
        self,
        slug: str,
        name: str = "explore.parquet",
        folder: str | Path = ".",
        progress: Progress | None = None,
    ) -> Path:
        """Download one file of public rows; its path."""
        target = Path(folder) / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        return self._http.download(f"competitions/{slug}/data/{name}", target, progress)

    def preview(self, slug: str, expression: str) -> Preview:
        """Preview a group on the explore rows: how many, and how the present model does there. It costs nothing."""
        address, body = f"competitions/{slug}/preview", {"expression": expression}
        return Preview.from_json(self._http.request("POST", address, json=body, repeatable=True).json())

    def explore(self, slug: str, expression: str = "") -> dict[str, Any]:
        """Losses of a group ("" is everyone) on the explore rows: rows, and for the present and the base model the
        loss in it, elsewhere, and the difference, each with its interval.
        """
        return dict(self._http.get(f"competitions/{slug}/explore", expression=expression))

    def worst_slices(self, slug: str) -> list[dict[str, Any]]:
        """Suggested groups to begin with, found by a machine: those where the present model errs most on the
        explore rows.
        """
        for _tried in range(30):
            told = self._http.get(f"competitions/{slug}/explore/suggestions")
            if not told["searching"]:
                break
            self._http.pause(2)
        return list(told["items"])

    def check(
        self, slug: str, *files: str | Path, expression: str = "", as_group: bool = False
    ) -> list[FileVerdict]:
        """Check files at home on the explore rows, in the sandbox and with the limits of the site: one verdict
        each.

        Raises evaluator.errors.SandboxUnavailable where strangers' code cannot be shut in on this machine.
        """
        # Only here: it needs the science, which takes seconds to load and which looking at a board does not need.
        from evaluator.client.local_check import ExploreData, check_files, check_request

        paths = [Path(file) for file in files]
        check_request(paths, expression)
        with tempfile.TemporaryDirectory() as folder:
            rows, losses = (self.data(slug, name, folder) for name in ("explore.parquet", "explore-loss.csv"))
            data = ExploreData.read(self.schema(slug), rows, losses)
        return check_files(data, paths, expression, as_group=as_group)

    def submit(
        self,
        slug: str,
        *,
        expression: str = "",
        group_file: str | Path | None = None,
        patch: str = "fit",
        learner: str = "",
        patch_file: str | Path | None = None,
        description: str = "",
        wants_gpu: bool = False,
        supersedes: str | Submission | None = None,
        key: str | None = None,
    ) -> Submission:
        """Send a group and a patch ("none": a finding; "fit"; "same"; "file").

        It is sent once, however often the network fails on the way: `key` names it, and is made up where none is given.
        """
        if isinstance(supersedes, Submission):
            supersedes = supersedes.id
        fields: dict[str, Any] = {
            "expression": expression,
            "patch": patch,
            "learner": learner,
            "description": description,
            "wants_gpu": wants_gpu,
            "supersedes": supersedes,
        }
        body = _body(fields, group_file=group_file, patch_file=patch_file)
        told = self._http.request(
            "POST",
            f"competitions/{slug}/submissions",
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            repeatable=True,
            **body,
        ).json()
        return Submission.from_json(slug, told)

    def dry_run(
        self,
        slug: str,
        *,
        expression: str = "",
        group_file: str | Path | None = None,
        patch: str = "fit",
        learner: str = "",
        patch_file: str | Path | None = None,
        wants_gpu: bool = False,
        seconds: float = 600,
        every: float = 1.0,
        told: Callable[[DryRun], None] | None = None,
    ) -> DryRun:
        """Run a group and a patch at the site, on public rows alone: no quota, and the whole traceback. Waits for
        the result.

        TimeoutError where it takes longer; the page of the dry run goes on.
        """
        fields = {"expression": expression, "patch": patch, "learner": learner, "wants_gpu": wants_gpu}
        body = _body(fields, group_file=group_file, patch_file=patch_file)
        found = DryRun.from_json(
            slug, self._http.request("POST", f"competitions/{slug}/dry-runs", **body).json()
        )
        deadline = time.monotonic() + seconds
        while found.running:
            if told is not None:
                told(found)
            if time.monotonic() + every > deadline:
                raise TimeoutError(
                    f"The dry run is still {found.state}; it goes on at {self.url}{found.raw['url']}"
                )
            time.sleep(every)
            found = DryRun.from_json(slug, self._http.get(f"competitions/{slug}/dry-runs/{found.id}"))
        return found

    def submit_dry_run(self, tried: DryRun) -> Submission:
        """Submit a finished dry run, with its files."""
        address = f"competitions/{tried.competition}/dry-runs/{tried.id}/submit"
        return Submission.from_json(tried.competition, self._http.post(address))

    def submissions(self, slug: str) -> list[Submission]:
        """Your team's submissions, the newest first."""
        return [
            Submission.from_json(slug, told)
            for told in self._http.list_items(f"competitions/{slug}/submissions")
        ]

    def status(self, submission: Submission | str, slug: str = "") -> Submission:
        """A submission's present state: by what `submit` gave, or by its id and the competition's slug."""
        key = submission if isinstance(submission, str) else submission.id
        slug = slug if isinstance(submission, str) else submission.competition
        return Submission.from_json(slug, self._http.get(f"competitions/{slug}/submissions/{key}"))

    def wait(
        self,
        submission: Submission | str,
        slug: str = "",
        *,
        seconds: float = 600,
        every: float = 1.0,
        told: Callable[[Submission], None] | None = None,
    ) -> Submission:
        """Wait for the verdict. Raises TimeoutError where it takes longer; it goes on at the site all the same."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.status(submission, slug)
            if told is not None:
                told(found)
            # Held for a moderator: hours, not seconds.
            if not found.running or found.state == "held":
                return found
            if time.monotonic() + every > deadline:
                raise TimeoutError(f"#{found.number} is still {found.state}; ask again later with status().")
            time.sleep(every)

    def withdraw(self, submission: Submission) -> Submission:
        """Withdraw a submission that is not judged yet. Raises Conflict."""
        return self._decide(submission, "withdraw")

    def ask_again(self, submission: Submission) -> Submission:
        """Resubmit a submission that is not shown yet, where the model has changed since. Raises Conflict."""
        return self._decide(submission, "again")

    def certify(self, submission: Submission) -> Submission:
        """Spend a certification query on a finding that is worse on practice rows. Raises Conflict."""
        return self._decide(submission, "certify")

    def _decide(self, submission: Submission, what: str) -> Submission:
        address = f"competitions/{submission.competition}/submissions/{submission.id}/{what}"
        return Submission.from_json(submission.competition, self._http.post(address))

    def board(self, slug: str, on: str | None = None) -> list[BoardRow]:
        """The leaderboard now, or at the end of a day ("2030-01-31")."""
        rows = self._http.list_items(f"competitions/{slug}/board", on=on)
        return [BoardRow.from_json(row) for row in rows]

    def board_for(self, slug: str, group: str) -> dict[str, Any]:
        """The leaderboard for a group of people; `groups(slug)` lists what there is a board for."""
        return dict(self._http.get(f"competitions/{slug}/board/for", group=group))

    def groups(self, slug: str) -> list[dict[str, Any]]:
        """The groups of people that have a leaderboard."""
        return list(self._http.get(f"competitions/{slug}/board/groups")["items"])

    def notices(self, *, unread: bool = False) -> list[dict[str, Any]]:
        """Your notices, the newest first."""
        return list(self._http.list_items("notices", unread=unread))

    def read_notices(self) -> int:
        """Mark all notices as read; the number of unread ones before."""
        return int(self._http.post("notices/read", {})["read"])

    def findings(self, slug: str) -> list[dict[str, Any]]:
        """The confirmed findings of a competition."""
        return list(self._http.list_items(f"competitions/{slug}/findings"))

    def model(self, slug: str) -> ModelState:
        """The state of the shared model."""
        return ModelState.from_json(self._http.get(f"competitions/{slug}/model"))

    def download_model(self, slug: str, folder: str | Path = ".", progress: Progress | None = None) -> Path:
        """Download the shared model as a zip for `evaluator.decision_list.PointerDecisionList.load`; its path."""
        target = Path(folder) / f"{slug}-model.zip"
        target.parent.mkdir(parents=True, exist_ok=True)
        return self._http.download(f"competitions/{slug}/model/download", target, progress)


def _body(fields: dict[str, Any], **paths: str | Path | None) -> dict[str, Any]:
    """What requests sends: JSON, or a form where there are files."""
    # Read at once: a try again has to send the same bytes, from their start.
    files = {name: (Path(path).name, Path(path).read_bytes()) for name, path in paths.items() if path}
    if files:
        return {"data": {name: value for name, value in fields.items() if value}, "files": files}
    return {"json": fields}
