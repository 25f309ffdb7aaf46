"""Checks of what else pages read: settings, blocks and their bounds, and the intervals beside points."""

from __future__ import annotations

from bounty.hash_chain import encoding
from bounty.hash_chain.query_seal import seal_query
from bounty.ledger import bounds
from bounty.models import BoardRow, CertificationBlock, Competition, LedgerQuery
from bounty.models.stored_holdout import PublishedBounds
from bounty.scoring import credits
from bounty.shared_model.practice_noise import is_noised
from bounty.verification.differences import Difference, require_close, require_equal
from bounty.verification.replay_state import ReplayState
from evaluator.errors import PlatformFault

RETIRED = CertificationBlock.State.RETIRED
SAID_OF_QUERIES = (
    "accepted_before",
    "extra_bits",
    "log_inverse_delta",
    "passed",
    "symbol",
    "gap_test",
    "asked_against",
)


def check_settings(competition: Competition, replay: ReplayState) -> None:
    """Raises Difference unless the settings are those recorded last; they are fixed once anything was decided."""
    if not replay.fixed:
        return
    for name, found in encoding.rule_json(competition).items():
        if name not in replay.newest_rule:
            continue  # an entry from before this one was recorded
        recorded = replay.newest_rule[name]
        if found != recorded:
            raise Difference(f"setting {name}", f"{found!r}, not {recorded!r}")


def check_queries(competition: Competition, replay: ReplayState) -> None:
    """Raises Difference unless each query is as its entry says it, and each has an entry."""
    queries = LedgerQuery.objects.filter(block__competition=competition).select_related("block")
    rows = {(each.block.number, each.number): each for each in queries.order_by("block__number", "number")}
    for entry, submission, query in replay.budget.queries:
        row = rows.pop((query["block"], query["number"]), None)
        if row is None:
            raise Difference("query", "it is gone", entry=entry, submission=submission)
        require_equal("query's submission", str(row.submission_id), submission, entry=entry)
        if "sealed" in query:
            seal = seal_query(competition, query["block"], row, row.gap_test)
            require_equal("query: seal", seal, query["sealed"], entry=entry, submission=submission)
            known = {"asked_against": {}, **query, "extra_bits": 0}  # which is no matter of the present rule
        else:
            known = {"gap_test": {}, "asked_against": {}, **query}
        for name in SAID_OF_QUERIES:
            if name in known:
                found = getattr(row, name)
                require_equal(f"query: {name}", found, known[name], entry=entry, submission=submission)
    for (block, number), row in rows.items():
        # Those from before the chain are in its first entry as numbers.
        if number > replay.budget.asked_before.get(str(block), 0):
            raise Difference(
                f"query {number} of block {block}", "no entry says it", submission=str(row.submission_id)
            )


def check_blocks(competition: Competition, replay: ReplayState) -> None:
    """Raises Difference unless each block's ledger, state, rows and bounds follow from the chain."""
    numbers = {str(block.number) for block in competition.blocks.all()}
    for key in sorted(set(replay.budget.blocks) - numbers):
        raise Difference(f"block {key}", "it is gone")
    for block in competition.blocks.all():
        known = replay.budget.blocks.get(str(block.number))
        name = f"block {block.number}"
        if known is None:
            raise Difference(name, "no entry says it")
        for counter, found in encoding.block_json(competition, block).items():
            if counter != "state" and found != known.get(counter):
                raise Difference(f"ledger of {name}: {counter}", f"{found}, not {known.get(counter)}")
        state = RETIRED if competition.is_closed else known.get("state")
        if block.state != state:
            raise Difference(f"state of {name}", f"{block.state}, not {state}")
        rows = competition.layout.rows_of(block.split)
        if block.rows != rows.stop - rows.start:
            raise Difference(f"rows of {name}", f"{block.rows}, not {rows.stop - rows.start}")
        _check_bounds(competition, block, name)


def _check_bounds(competition: Competition, block: CertificationBlock, name: str) -> None:
    """Raises Difference unless published bounds follow. They may still be missing after a block was retired."""
    if not block.bounds_json:
        return
    if block.state != RETIRED:
        raise Difference(f"bounds of {name}", "it is not retired")
    try:
        said = PublishedBounds.from_json(block.bounds_json)
    except (KeyError, TypeError) as error:
        raise Difference(f"bounds of {name}", "they are not what is published of a block") from error
    try:
        expected = bounds.recompute_bounds(competition, block, said)
    except (LookupError, PlatformFault) as error:
        raise Difference(f"bounds of {name}", str(error)) from error
    for field in ("generation", "version", "checks", "log_inverse_delta"):
        found, wanted = getattr(said, field), getattr(expected, field)
        if found != wanted:
            raise Difference(f"bounds of {name}: {field}", f"{found}, not {wanted}")
    for line, own in zip(said.lines, expected.lines, strict=False):
        for field, wanted in vars(own).items():
            if (found := getattr(line, field)) != wanted:
                raise Difference(f"bounds of {name}: {field} of {own.name}", f"{found}, not {wanted}")
    if len(said.lines) != len(expected.lines):
        raise Difference(f"bounds of {name}: lines", "there are more or fewer groups")


def check_intervals(competition: Competition, rows: list[BoardRow], *, final: bool) -> None:
    """Raises Difference unless intervals follow: final ones stand since the close, provisional ones may be missing."""
    if not final and all(row.points_low is None and row.points_high is None for row in rows):
        return
    if not final and is_noised(competition) and competition.corrections.exists():
        return  # where rows are people, what was told before a correction stays until the next version
    versions = competition.versions.current().order_by("number")
    found = credits.points_intervals(competition, list(versions.select_related("submission")), final=final)
    for row in rows:
        low, high = found.get(row.team_id, (None, None))
        if not final and row.points_low is None and row.points_high is None:
            continue
        require_close(f"board row of {row.team}: points_low", row.points_low, low)
        require_close(f"board row of {row.team}: points_high", row.points_high, high)
