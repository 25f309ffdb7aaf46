"""What the supervisor believes of a dead child: nothing that it has not checked."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from evaluator.runtime import OutputSpec
from evaluator.sandbox import memory
from evaluator.sandbox.jail import protocol as wire
from evaluator.sandbox.results import judge_result, read_explanation

MASK, CODES = OutputSpec("mask"), OutputSpec("codes", ("a", "b"))
VALUES, CHANCES = OutputSpec("values"), OutputSpec("probabilities", ("a", "b"))
WORDS = OutputSpec("expression")


@pytest.fixture
def result() -> Iterator[int]:
    descriptor = memory.create_writable("result", 1 << 16)
    yield descriptor
    os.close(descriptor)


def report(status: int = 0, *, late: bool = False, cpu_s: float = 0.1) -> dict[str, Any]:
    return {"status": status, "late": late, "cpu_s": cpu_s}


def write(descriptor: int, array: Any, rows: int, columns: int = 1, magic: bytes = wire.MAGIC) -> None:
    os.pwrite(descriptor, wire.HEADER.pack(magic, 0, rows, columns), 0)
    os.pwrite(descriptor, np.asarray(array).tobytes(), wire.HEADER.size)


FORGED = {
    "a byte that is no truth value": (MASK, np.array([0, 2, 1], "u1"), 3, 1),
    "more rows than were asked for": (MASK, np.ones(5, "u1"), 5, 1),
    "more rows than a number holds": (MASK, np.ones(3, "u1"), 2**64 - 1, 1),
    "a class that does not exist": (CODES, np.array([0, 1, 2], "<i2"), 3, 1),
    "a negative class": (CODES, np.array([0, -1, 1], "<i2"), 3, 1),
    "a number that is none": (VALUES, np.array([0, np.nan, 1]), 3, 1),
    "an infinite number": (VALUES, np.array([0, np.inf, 1]), 3, 1),
    "a column too few": (CHANCES, np.array([[0.5, 0.5]] * 3), 3, 1),
    "chances that sum to more": (CHANCES, np.array([[0.5, 0.6]] * 3), 3, 2),
    "a negative chance": (CHANCES, np.array([[-1.0, 2.0]] * 3), 3, 2),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_is_bad_output(name: str, result: int) -> None:
    output, array, rows, columns = FORGED[name]
    write(result, array, rows, columns)
    assert judge_result(report(), result, output, 3, 10.0) == ("bad_output", None)


def test_text_that_could_not_be_an_expression_is_bad_output(result: int) -> None:
    for forged in (b"\xff\xfe", b"age >= 5\x1b[2J", b"", b"x" * 3_000):
        write(result, np.frombuffer(forged, "u1"), len(forged))
        assert judge_result(report(), result, WORDS, 3, 10.0) == ("bad_output", None)


def test_a_header_of_zeros_or_with_another_name_is_no_result(result: int) -> None:
    assert judge_result(report(), result, MASK, 3, 10.0) == ("no_result", None)
    write(result, np.ones(3, "u1"), 3, magic=b"ABCD")
    assert judge_result(report(), result, MASK, 3, 10.0) == ("no_result", None)


def test_a_class_that_does_not_exist_is_no_result(result: int) -> None:
    os.pwrite(result, wire.HEADER.pack(wire.MAGIC, 99, 3, 1), 0)
    assert judge_result(report(), result, MASK, 3, 10.0) == ("no_result", None)


def test_a_child_cannot_claim_more_than_its_own_failure() -> None:
    assert "time" not in wire.CLASSES and "not_rowwise" not in wire.CLASSES


def test_a_good_answer_does_not_count_after_a_kill(result: int) -> None:
    write(result, np.ones(3, "u1"), 3)
    assert judge_result(report(signal.SIGSEGV), result, MASK, 3, 10.0) == ("crashed", None)
    assert judge_result(report(signal.SIGKILL, late=True), result, MASK, 3, 10.0) == ("time", None)


def test_a_kill_is_for_time_after_the_allowance_was_spent_and_for_memory_before(result: int) -> None:
    assert judge_result(report(signal.SIGKILL, cpu_s=9.9), result, MASK, 3, 10.0)[0] == "time"
    assert judge_result(report(signal.SIGKILL, cpu_s=0.1), result, MASK, 3, 10.0)[0] == "memory"
    assert judge_result(report(signal.SIGXCPU), result, MASK, 3, 10.0)[0] == "time"


def test_answers_come_back_in_their_stored_types(result: int) -> None:
    cases = [
        (MASK, np.array([1, 0, 1], "u1"), 1, bool),
        (CODES, np.array([1, 0, 1], "<i2"), 1, np.int16),
        (VALUES, np.array([1.5, 0, 1]), 1, np.float64),
        (CHANCES, np.array([[0.25, 0.75]] * 3), 2, np.float64),
    ]
    for output, array, columns, dtype in cases:
        write(result, array, 3, columns)
        status, values = judge_result(report(), result, output, 3, 10.0)
        assert status == "ok" and values.dtype == dtype
        np.testing.assert_array_equal(values, array.astype(dtype))


def test_a_forged_length_of_an_explanation_reads_no_further_than_the_file() -> None:
    descriptor = memory.create_writable("explanation", wire.EXPLANATION_BYTES)
    os.pwrite(descriptor, wire.EXPLANATION_LENGTH.pack(2**32 - 1) + b"hello\x1b", 0)
    assert read_explanation(descriptor).startswith("hello")
    assert len(read_explanation(descriptor)) < wire.EXPLANATION_BYTES
    os.close(descriptor)


def test_sealed_memory_can_neither_be_written_nor_resized() -> None:
    descriptor = memory.create_sealed("part", b"abc")
    for attempt in (lambda: os.pwrite(descriptor, b"x", 0), lambda: os.ftruncate(descriptor, 9)):
        with pytest.raises(OSError):
            attempt()
    os.close(descriptor)


def test_a_result_can_be_written_and_not_resized(result: int) -> None:
    os.pwrite(result, b"x", 0)
    with pytest.raises(OSError):
        os.ftruncate(result, 1 << 20)


def test_a_reopened_descriptor_has_a_position_of_its_own() -> None:
    first = memory.create_sealed("part", b"abcdef")
    second = memory.reopen(first)
    os.lseek(first, 4, 0)
    assert os.lseek(second, 0, 1) == 0
    with pytest.raises(OSError):
        os.write(second, b"x")
    os.close(first)
    os.close(second)
