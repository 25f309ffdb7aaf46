"""The expression's front end: text to Python's syntax tree, refusing quickly what is too long, too deep or not
ours.
"""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions.messages import example_expression
from evaluator.schema import Schema

MAX_LENGTH = 2_000
MAX_NODES = 1_500
MAX_DEPTH = 40
# Python's own parser recurses on brackets; no honest group needs so many.
MAX_BRACKETS = 30


@dataclass(frozen=True)
class Source:
    """An expression's text, its tree, and the names that stand for its backticked columns in the tree."""

    text: str
    quoted: dict[str, str]
    tree: ast.expr

    def refusal(self, problem: str, node: ast.expr | None = None) -> ParticipantError:
        """The error bad_expression at a node's place, for the caller to raise."""
        if node is None:
            return ParticipantError(ErrorClass.BAD_EXPRESSION, problem)
        line = self.text.splitlines()[node.lineno - 1]
        # ast counts bytes of UTF-8, people count characters.
        column = len(line.encode()[: node.col_offset].decode(errors="ignore"))
        return refusal_at(self.text, node.lineno, column, problem)


def parse_source(text: str, schema: Schema) -> Source:
    """The source of an expression. Raises ParticipantError(bad_expression) with line and column where the text is
    none.
    """
    if not text.strip():
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION, f"The expression is empty. An example: {example_expression(schema)}"
        )
    if len(text) > MAX_LENGTH:
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION,
            f"The expression has {len(text):,} characters; {MAX_LENGTH:,} are allowed.",
        )
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    _check_characters(text)
    replaced, quoted = _replace_backticks(text, schema)
    # A line break inside brackets is no end of an expression; the added bracket shifts the first line only.
    wrapped = f"({replaced}\n)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on odd comparisons; ours follows below
            tree = ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        raise _syntax_refusal(text, error, schema) from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION,
            "The expression is too deeply nested, or holds a number that is too long.",
        ) from None
    _unshift(tree)
    source = Source(text, quoted, tree)
    _check_size(source)
    return source


def refusal_at(text: str, line: int, column: int, problem: str) -> ParticipantError:
    """The error bad_expression with the line and a caret under the column (from 0)."""
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    start = max(0, column - 60)
    window = shown[start : column + 60]
    place = f"line {line}, column {column + 1}" if len(lines) > 1 else f"column {column + 1}"
    return ParticipantError(
        ErrorClass.BAD_EXPRESSION, f"{problem}\nAt {place}:\n    {window}\n    {' ' * (column - start)}^"
    )


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Places and characters that are no part of a quoted string (the quotes themselves are)."""
    inside, position = "", 0
    while position < len(text):
        character = text[position]
        if inside and character == "\\":
            position += 2
            continue
        if character in "'\"" and inside in ("", character):
            inside = "" if inside else character
        elif not inside:
            yield position, character
        position += 1


def _check_characters(text: str) -> None:
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Cn") and character not in "\t\n":
            code = f"U+{ord(character):04X}"
            raise refusal_at(
                text, *_place(text, position), f"The character {code} cannot be part of an expression."
            )
    depth = 0
    for position, character in _outside_strings(text):
        if character in "‘’“”„":
            raise refusal_at(
                text, *_place(text, position), f"Write straight quotes (' or \") instead of {character}"
            )
        if character == "#":  # a quote after # would hide brackets from the count below
            raise refusal_at(text, *_place(text, position), "An expression has no room for comments.")
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:  # the added brackets of read() must not be closed from within
            raise refusal_at(text, *_place(text, position), "This bracket was never opened.")
        if depth > MAX_BRACKETS:
            raise refusal_at(
                text, *_place(text, position), f"More than {MAX_BRACKETS} brackets are open here."
            )


def _place(text: str, position: int) -> tuple[int, int]:
    """Line from 1 and column from 0."""
    return text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1)


def _replace_backticks(text: str, schema: Schema) -> tuple[str, dict[str, str]]:
    """Backticked names outside strings become plain words of the same length, so that places stay right."""
    pieces: list[str] = []
    words: dict[str, str] = {}  # column name -> stand-in
    done = 0
    for position in [place for place, character in _outside_strings(text) if character == "`"]:
        if position < done:
            continue  # the closing one
        end = text.find("`", position + 1)
        name = text[position + 1 : end]
        if end < 0 or not name or "\n" in name:
            problem = "A name that begins with ` must end with ` on the same line."
            raise refusal_at(text, *_place(text, position), problem)
        if name not in words:
            words[name] = _stand_in(name, text, schema, len(words))
        pieces += [text[done:position], words[name]]
        done = end + 1
    return "".join([*pieces, text[done:]]), {word: name for name, word in words.items()}


def _stand_in(name: str, text: str, schema: Schema, index: int) -> str:
    """A word as many bytes long as the backticked name, met neither in the text nor in the schema."""
    length = len(name.encode()) + 2
    taken = {column.name for column in schema.columns}
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in range(index, index + 10_000):
        word = "_" + letters[number % 26] + letters[number // 26 % 26]
        word = word.ljust(length, "_")
        if word not in text and word not in taken:
            return word
    raise ParticipantError(ErrorClass.BAD_EXPRESSION, "The expression uses too many names in backticks.")


def _unshift(tree: ast.expr) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.keyword)) and node.lineno == 1:
            node.col_offset -= 1


def _check_size(source: Source) -> None:
    level: list[ast.AST] = [source.tree]
    count = depth = 0
    while level:
        depth, count = depth + 1, count + len(level)
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise source.refusal("The expression is nested too deeply or has too many parts.")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _syntax_refusal(text: str, error: SyntaxError, schema: Schema) -> ParticipantError:
    line = min(error.lineno or 1, len(text.splitlines()))
    column = max(0, (error.offset or 1) - 1 - (1 if line == 1 else 0))
    shown = text.splitlines()[line - 1]
    column = min(column, len(shown))
    return refusal_at(text, line, column, f"This is not an expression.{_advice(text, schema)}")


def _advice(text: str, schema: Schema) -> str:
    """What people write instead, from SQL, R and C."""
    bare = text.replace("==", "").replace("<=", "").replace(">=", "").replace("!=", "")
    words = {word.lower() for word in bare.replace("(", " ").replace(")", " ").split()}
    if "=" in bare:
        return " Write == to compare."
    if "&&" in text or "||" in text or "AND" in text.split() or "OR" in text.split():
        return " Write `and`, `or`, `not` in small letters."
    if "<>" in text or "!" in bare:
        return " Write != for unequal and `not` to negate."
    if "between" in words:
        return " Write 18 <= AGE <= 30 for a range."
    if "null" in words or "missing" in words or "is" in words:
        return " Write missing(COLUMN) for missing values."
    if text.count("(") != text.count(")"):
        return " A bracket is not closed, or was never opened."
    return f" An example: {example_expression(schema)}"
