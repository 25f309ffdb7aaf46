"""What the documents tell people to type works: their files and commands are taken out of the text and run."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shlex
import tomllib
import warnings
from contextlib import nullcontext
from pathlib import Path

import pytest

from bounty.competitions.example_table import read_example_table
from bounty.management.commands import create_competition
from bounty.models import Submission
from bounty.models.submission_states import moves_as_markdown
from evaluator.__main__ import main
from evaluator.commands import check
from evaluator.decision_list import PointerDecisionList, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.errors import ErrorClass
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox, is_available
from evaluator.schema import infer_schema

ROOT = Path(__file__).resolve().parent.parent
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCS = [*TOP, *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.S)
RUN = re.compile(r"<!-- run -->\n```bash\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#]+)\)")
CODE_PATH = re.compile(r"`((?:bounty|evaluator|tests|benchmarks|docs|deploy|templates)/[\w./-]*)`")

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
# On the way from the form to the board: where a request or a message arrives, or a process is started.
HANDED_OVER = {
    "bounty/web/submissions/submit.py",
    "evaluator/worker/app.py",
    "evaluator/sandbox/jail/zygote.py",
    "bounty/workers/tasks.py",
    "bounty/web/leaderboard/overall.py",
}
MOST_LINES = 200

GUIDE = (ROOT / "docs" / "participants.md").read_text()
COMMANDS = [line for block in RUN.findall(GUIDE) for line in block.splitlines() if line]
CHECKS = [command for command in COMMANDS if command.startswith("python -m evaluator check ")]
MAKERS = [command for command in COMMANDS if re.fullmatch(r"python \w+\.py", command)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the guide's files, its table and the models that its scripts make."""
    folder = tmp_path_factory.mktemp("desk")
    for name, text in FILE.findall(GUIDE):
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporters; not ours to mend
        patch.chdir(folder)
        read_example_table().to_parquet("people.parquet")
        for command in MAKERS:
            runpy.run_path(command.split()[1])
    return folder


@pytest.fixture(scope="module")
def jail():
    with Sandbox() as running:
        yield running


@pytest.mark.sandbox
@pytest.mark.skipif(not is_available(), reason="no sandbox on this machine")
@pytest.mark.parametrize("command", CHECKS, ids=lambda command: command.split()[4])
def test_what_the_guide_for_participants_shows_runs_and_is_judged(command, desk, jail, monkeypatch, capsys):
    monkeypatch.chdir(desk)
    monkeypatch.setattr(check, "Sandbox", lambda: nullcontext(jail))
    assert main([*shlex.split(command)[3:], "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["group"]["status"] == "ok" and verdict["group"]["weight"] > 0
    assert verdict["patch"] is None or verdict["patch"]["status"] == "ok"


def test_every_command_of_the_guide_is_tried():
    table_maker, script = next(
        re.findall(r'(python -c "(.+)")', command)[0] for command in COMMANDS if " -c " in command
    )
    imported, made = script.split("; ")
    exec(imported, {})  # what it makes, the fixture `desk` makes
    assert made == "read_example_table().to_parquet('people.parquet')"
    assert {*COMMANDS} == {*CHECKS, *MAKERS, table_maker}
    assert {command.split()[1] for command in MAKERS} <= {name for name, _ in FILE.findall(GUIDE)}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_documents_lead_to_what_is_there(path):
    text = path.read_text()
    links = [link for link in LINK.findall(text) if "://" not in link]
    gone = [link for link in links if not (path.parent / link).exists()]
    gone += [name for name in CODE_PATH.findall(text) if not (ROOT / name).exists()]
    assert gone == []


def section(heading: str) -> str:
    """The text under a heading of the page on architecture."""
    return ARCHITECTURE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_first_pages_are_short_and_lead_to_each_other():
    for name in ("README.md", "CONTRIBUTING.md"):
        assert len((ROOT / name).read_text().splitlines()) < MOST_LINES
    assert "](CONTRIBUTING.md)" in (ROOT / "README.md").read_text()


def test_each_addition_is_told_in_five_points_that_name_the_files():
    told = (ROOT / "CONTRIBUTING.md").read_text().split("\n## How to add\n")[1].split("\n### ")[1:]
    assert len(told) == 6
    for text in told:
        points = [line for line in text.splitlines()[1:] if line]
        assert len(points) <= 5 and all(re.match(r"\d\. ", point) for point in points), text
        assert len(CODE_PATH.findall(text)) >= 3, text


def test_the_lines_of_api_in_the_readme_run_on_a_saved_model(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    people = read_example_table().head(200)
    pair = GroupAndPatch(Part.expression("age < 4"), Part.constant(1))
    schema = infer_schema(people, "saw_doctor", "person")
    toddlers = [Update("submission:a")]
    model = PointerDecisionList(schema, Loss("zero_one"), Part.constant(0), toddlers, {"submission:a": pair})
    model.save("model.zip")
    people.to_parquet("people.parquet")
    readme = (ROOT / "README.md").read_text()
    code = re.search(
        r"The better model runs anywhere, without the site:\n\n```python\n(.*?)```", readme, re.S
    )
    assert code is not None and len(code[1].splitlines()) <= 10
    exec(compile(code[1], "README.md", "exec"), {})
    assert "Update(key='submission:a')" in capsys.readouterr().out


def test_the_readme_s_lines_from_a_notebook_are_those_of_the_guide_to_the_api():
    # Which tests/e2e/test_api.py runs against a site.
    ten = re.search(r"<!-- ten lines -->\n(```python\n.*?```)", (ROOT / "docs" / "api.md").read_text(), re.S)
    assert ten is not None and ten[1] in (ROOT / "README.md").read_text()


def test_operators_are_told_of_every_variable_that_is_read():
    told = (ROOT / "docs" / "operators.md").read_text()
    site = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "bounty" / "settings.py").read_text())
    sources = [path.read_text() for path in (ROOT / "evaluator" / "worker").glob("*.py")]
    worker = re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', "\n".join(sources))
    assert len(site) > 10 and "BOUNTY_ARTIFACTS" in worker
    assert [name for name in {*site, *worker} if f"`{name}`" not in told] == []


def test_organisers_are_told_of_every_option_of_the_command():
    told = (ROOT / "docs" / "organisers.md").read_text()
    parser = create_competition.Command().create_parser("manage.py", "create_competition")
    general = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback"}
    general |= {"--no-color", "--force-color", "--skip-checks"}
    options = {name for action in parser._actions for name in action.option_strings if name[:2] == "--"}
    assert [name for name in options - general if not re.search(rf"`{name}[` ]", told)] == []


def test_participants_are_told_of_every_error_class_and_verdict():
    verdicts = ("accepted", "confirmed finding", "not shown yet", "harm seen", "could not be run")
    assert [str(known) for known in ErrorClass if f"`{known}`" not in GUIDE] == []
    assert [words for words in verdicts if f"**{words}**" not in GUIDE] == []
    assert set(verdicts) <= {label for _, label in Submission.State.choices}


def test_the_page_on_architecture_has_the_table_of_moves_that_the_code_checks():
    assert f"\n\n{moves_as_markdown()}\n\n" in ARCHITECTURE


def test_the_page_on_architecture_has_the_layers_that_the_linter_holds():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = [contract["layers"][::-1] for contract in contracts if contract["type"] == "layers"]
    told = re.findall(r"```\n(.*?)```", section("Layers"), re.S)
    assert [[layer.strip() for layer in block.split("<")] for block in told] == held


def test_the_way_from_the_form_to_the_board_follows_the_imports_and_visits_no_file_twice():
    way = CODE_PATH.findall(section("From the form to the board"))
    assert len(way) == len(set(way)) > 30
    unreached = [
        path
        for place, path in enumerate(way)
        if path not in HANDED_OVER and not any(path in imported_files(earlier) for earlier in way[:place])
    ]
    assert unreached == []


def imported_files(path: str) -> set[str]:
    """The files that a file imports from, also those behind the names that a package passes on."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
            ("bounty", "evaluator")
        ):
            continue
        place = (node.module or "").replace(".", "/")
        found |= {f"{place}.py", *(f"{place}/{alias.name}.py" for alias in node.names)}
        package = ROOT / place / "__init__.py"
        if package.exists():
            names = "|".join(re.escape(alias.name) for alias in node.names)
            passed_on = re.findall(rf"from (\S+) import [^()\n]*\b(?:{names})\b", package.read_text())
            passed_on += re.findall(rf"from (\S+) import \([^)]*\b(?:{names})\b", package.read_text())
            found |= {f"{module.replace('.', '/')}.py" for module in passed_on}
    return found


def test_no_file_names_a_document_that_is_not_here():
    files = [
        path
        for folder in ("bounty", "evaluator", "templates", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*")
    ]
    texts = {path: path.read_text() for path in files if path.suffix in (".py", ".html")}
    named = {
        (str(path.relative_to(ROOT)), name)
        for path, text in texts.items()
        for name in re.findall(r"\b[\w/]*[A-Za-z]\.md\b", text)
    }
    gone = {
        (path, name) for path, name in named if not path.startswith("tests/") and not (ROOT / name).exists()
    }
    assert gone == set()
