"""Who may read which address, and that nobody from outside changes anything by any of them.

A new address is entered in READS, in the line of those who may read it. Bob's team owns what is asked for; Alice
organises; "participant" is on another team, and "rival" on a team and a moderator all the same.
"""

from __future__ import annotations

import pytest
from django.test import Client

from tests.bounty.addresses.stage import Stage, patterns, shut

pytestmark = pytest.mark.slow
PEOPLE = "visitor mallory elsewhere participant rival moderator organiser superuser owner"
# What each of PEOPLE gets ("in": is asked to log in), and the addresses that answer so.
READS = {
    # Everybody who may view the competition.
    "200 200 200 200 200 200 200 200 200": """home glossary health competition rules data data-download board
        board-csv model invitation team explore starter-kit board-for board-findings board-findings-csv
        board-columns-csv team-csv pictures feed competition-feed private-feed discussion thread post-history write-ups
        write-up write-up-history certificate-check finding-story harms labels api api-document api-operations
        list_teams get_team list_label_reports report_label list_competitions create_competition get_competition
        get_rules get_schema get_plan list_data download_data explore list_suggestions get_board get_board_csv
        list_findings list_groups get_board_columns get_findings_csv get_team_points_csv get_model list_versions
        get_story list_threads start_thread get_thread settle_thread list_posts reply list_write_ups get_write_up
        write_up delete_write_up""",
    "302 302 302 302 302 302 302 302 302": "explore-suggestions",
    "422 422 422 422 422 422 422 422 422": "board-for-csv get_board_for",
    # Nothing of that name, or no file: to nobody.
    "404 404 404 404 404 404 404 404 404": """submission-file unsubscribe certificate patch-story download_file
        api-root""",
    # One's own.
    "in 200 200 200 200 200 200 200 200": """account preferences submit my-submissions dry-run organise notices
        notice-settings hook-new thread-new report profile-edit tokens""",
    "401 200 200 200 200 200 200 200 200": """get_me list_tokens list_my_submissions :submit list_dry_runs
        start_dry_run list_notices list_preferences choose_preference get_follow :follow list_hooks add_hook""",
    "in 200 200 302 302 200 200 200 302": "enter",
    "in 302 302 200 200 302 302 302 200": "my-team certificate-issue",
    "in 200 200 200 200 200 200 200 302": "team-join",
    "401 404 404 200 200 404 404 404 200": "get_my_team rename_team leave_team",
    "401 404 404 404 404 404 404 404 404": "get_dry_run get_appeal_of_ban appeal_ban",
    "in 404 404 404 404 404 404 404 404": "appeal-ban",
    "in 403 403 200 200 200 200 403 200": "label-report",
    # Bob's, and nobody else's, whoever they are.
    "in 404 404 404 404 404 404 404 200": "dry-run-result dry-run-state appeal hook",
    "401 404 404 404 404 404 404 404 200": "get_appeal :appeal list_deliveries",
    "in 403 403 403 403 403 403 403 200": "post-edit write-up-edit",
    "404 404 404 404 404 404 404 200 200": "profile get_person",
    # His team's submission: those who serve see it, and do not compete.
    "404 404 404 404 404 200 200 200 200": "submission submission-state get_submission",
    "401 404 404 404 404 200 200 200 200": "get_submission_state",
    # Moderators'.
    "in 403 403 403 403 200 200 200 403": """moderate moderate-submission moderate-findings moderate-finding
        moderate-conflicts moderate-report moderate-text""",
    "in 403 403 403 403 404 404 404 403": "moderate-appeal",
    "401 403 403 403 403 404 404 404 403": "get_open_appeal",
    "401 403 403 403 403 200 200 200 403": """list_appeals list_held list_bans ban list_queue decide_many list_notes
        add_note list_conflicts declare_conflict list_reasons add_reason list_all_findings list_reports :report""",
    # Organisers'.
    "in 403 403 403 403 403 200 200 403": """moderate-rules organise-competition organise-close organise-texts
        organise-words organise-people organise-participation organise-corrections organise-budget
        organise-findings-report organise-findings-csv organise-labels organise-rollback""",
    "401 403 403 403 403 403 200 200 403": """list_corrections correct_table list_competition_hooks
        add_competition_hook""",
    "in 403 403 403 403 403 200 403 403": "competition-hooks",
    "403 403 403 403 403 403 200 200 403": "model-download download_model",
    # A draft is its owner's alone.
    "in 404 404 404 404 404 302 404 404": "organise-draft organise-making",
    "in 404 404 404 404 404 200 404 404": "organise-step",
    # Only for writing.
    "405 405 405 405 405 405 405 405 405": """set_language :enter join_team renew_team_link revoke_token change_profile
        change_phase roll_back invite preview_correction answer_label_reports :preview withdraw ask_again dry_run_again
        certify_finding submit_dry_run answer_appeal release refuse disqualify lift_ban assign take_back_conflict
        remove_reason set_panel_rules decide answer accept_answer change_post delete_post answer_report hide_post
        hide_write_up read_notices read_notice switch_hook remove_hook test_hook""",
    "in 405 405 405 405 405 405 405 405": """preview submission-withdraw submission-again finding-certify dry-run-submit
        submission-dry-run moderate-assign moderate-note organise-new organise-discard organise-plan organise-make
        organise-phase organise-base organise-reopen organise-copy organise-forget-table organise-rehearsal
        notices-read notice-read feeds-renew delivery-again follow thread-accept thread-settle certificate-withdraw
        token-revoke""",
}
# What people from outside may do: to their own account, and what a link or a read-only page lets everybody.
THEIRS = {
    *("preferences", "set_language", "follow", "feeds-renew", "notices-read", "invitation", "preview"),
    *("hook-new", "tokens", "profile-edit", "my-team", "enter", "certificate-issue", "certificate-check"),
    # Without a word of what to settle, it only leads back.
    "thread-settle",
    *("api-v1:revoke_token", "api-v1:read_notices", "api-v1:leave_team", "api-v1:renew_team_link"),
}


def expected() -> dict[str, str]:
    """By full name. A name with a colon is the API's alone, where a page has the same."""
    said = [(name, line) for line, names in READS.items() for name in names.split()]
    found = {name: line for name, line in said if name[0] != ":"}
    api = {f"api-v1:{name}": line for name, line in found.items()}
    return found | api | {f"api-v1{name}": line for name, line in said if name[0] == ":"}


@pytest.mark.parametrize("who", PEOPLE.split())
def test_everybody_reads_what_is_theirs_to_read(stage: Stage, who: str):
    table, place = expected(), PEOPLE.split().index(who)
    wrong = {}
    for pattern in patterns():
        line = table.get(pattern.full)
        assert line, f"{pattern.full}: say in READS who may read it"
        if (told := str(stage.status(who, pattern))) != line.split()[place]:
            wrong[pattern.full] = (told, line.split()[place])
    assert not wrong


@pytest.mark.parametrize("who", ["visitor", "mallory", "elsewhere"])
def test_nobody_from_outside_changes_anything(stage: Stage, who: str):
    table, done = expected(), {}
    for pattern in patterns():
        read_by_all = table[pattern.full].startswith(("200", "302")) and ":" not in pattern.full
        for method in ("post", "put", "patch", "delete"):
            told = stage.status(who, pattern, method)
            if isinstance(told, int) and told < 400 and not read_by_all and pattern.full not in THEIRS:
                done[f"{method} {pattern.full}"] = told
    assert not done


def test_no_other_site_has_anybody_s_browser_write_here(stage: Stage):
    """Without the CSRF token nothing is done; the link that ends mail is signed, and is its own proof."""
    let_in = {}
    for who in ("owner", "organiser", "superuser"):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = stage.people[who].cookies
        for pattern in patterns():
            for method in ("post", "put", "patch", "delete"):
                answer = getattr(strict, method)(stage.address(pattern))
                shut(answer)
                if answer.status_code not in (403, 404, 405) and pattern.name != "unsubscribe":
                    let_in[f"{who} {method} {pattern.full}"] = answer.status_code
    assert not let_in
