"""The log of a review: only ever added to, and what was done to it shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from siting.errors import InstanceError
from siting.review import log
from siting.review.log import Entry
from siting.review.verdicts import Decision, Verdict

GIVEN = Verdict(
    building_id="B-017",
    service_id="clinic",
    department="规划",
    decision=Decision.CONDITIONAL,
    reason="朝向合适",
    reviewer="王工",
    date="2026-05-04",
    extra_cost=12.5,
    delay_years=1,
    max_area_m2=400.0,
    condition="加装电梯",
)
COMMITTED = Verdict(building_id="B-018", service_id="clinic", decision=None, commit=True)


def verdict(given: Verdict, number: int = 1) -> Entry:
    return Entry(
        event="verdict",
        run_id="r1",
        round=number,
        verdict=given,
        file="back.gpkg",
        file_sha256="ab" * 32,
        price_low=0.01,
        price_high=0.02,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of four lines."""
    path = tmp_path / log.LOG_FILE
    log.append(path, [Entry(event="export", run_id="r1", round=1, file="review.gpkg")])
    log.append(path, [verdict(GIVEN), verdict(COMMITTED)])
    log.append(path, [Entry(event="resolve", run_id="r1", round=1, outcome={"run_id": "r2"})])
    return path


def test_what_was_written_is_read(path: Path) -> None:
    entries = log.read(path)
    assert [entry.event for entry in entries] == ["export", "verdict", "verdict", "resolve"]
    assert log.verdicts_in(entries) == (GIVEN, COMMITTED)
    assert (entries[1].price_low, entries[1].price_high) == (0.01, 0.02)
    assert entries[3].outcome == {"run_id": "r2"}
    assert all(entry.at.endswith("+00:00") for entry in entries)


def test_no_log_has_no_entries(tmp_path: Path) -> None:
    assert log.read(tmp_path / log.LOG_FILE) == ()
    assert log.head_of(tmp_path / log.LOG_FILE) == ""


def test_a_line_says_all_that_was_decided(path: Path) -> None:
    line = json.loads(path.read_text(encoding="utf-8").splitlines()[1])
    assert list(line) == [
        "at", "event", "run_id", "round", "building_id", "service_id", "department", "decision",
        "reason", "proposed_use", "reviewer", "date", "extra_cost", "delay_years", "max_area_m2",
        "condition", "commit", "file", "file_sha256", "price_low", "price_high", "outcome",
        "previous",
    ]  # fmt: skip
    assert line["decision"] == "conditional"
    assert line["department"] == "规划"


def test_every_line_holds_the_hash_of_the_one_before(path: Path) -> None:
    from hashlib import sha256

    lines = path.read_bytes().splitlines()
    said = [json.loads(line)["previous"] for line in lines]
    assert said == ["", *(sha256(line).hexdigest() for line in lines[:-1])]
    assert log.head_of(path) == sha256(lines[-1]).hexdigest()


def test_adding_leaves_the_lines_before_as_they_were(path: Path) -> None:
    before = path.read_bytes()
    log.append(path, [verdict(COMMITTED, 2)])
    assert path.read_bytes().startswith(before)
    assert len(path.read_bytes().splitlines()) == 5


@pytest.mark.parametrize(
    ("damage", "row", "rule"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"B-017", b"B-071"), *lines[2:]], 2, "is not"),
        (lambda lines: [lines[0], *lines[2:]], 1, "is not what line 2 was written after"),
        (lambda lines: lines[1:], 1, "lines before it are missing"),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 1, "is not"),
        (lambda lines: [*lines[:2], lines[2][:40], lines[3]], 3, "is no entry"),
        (lambda lines: [*lines, b"{}"], 5, "is no entry"),
        (lambda lines: [*lines, lines[3]], 4, "is not what line 5 was written after"),
    ],
    ids=["changed", "left_out", "beginning_lost", "swapped", "cut", "foreign", "repeated"],
)
def test_what_was_done_to_a_log_is_a_finding_with_its_line(path, damage, row, rule) -> None:
    path.write_bytes(b"\n".join(damage(path.read_bytes().splitlines())) + b"\n")
    with pytest.raises(InstanceError) as refused:
        log.read(path)
    first = refused.value.findings[0]
    assert (first.place, first.row) == (log.LOG_FILE, row)
    assert first.rule.startswith(rule)


def test_a_broken_log_is_read_as_far_as_it_can_be_and_not_added_to(path: Path) -> None:
    damaged = path.read_bytes().replace(b"B-017", b"B-071")
    path.write_bytes(damaged)
    entries, findings = log.examine(path)
    assert len(entries) == 4
    assert [finding.row for finding in findings] == [2]
    with pytest.raises(InstanceError):
        log.append(path, [verdict(GIVEN)])
    assert path.read_bytes() == damaged


def test_a_log_whose_end_was_cut_off_is_betrayed_by_the_next_round(path: Path) -> None:
    head = log.head_of(path)
    assert log.examine(path, heads=[head])[1] == []
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(lines[:-1]) + b"\n")
    assert log.examine(path)[1] == []  # it holds together
    (finding,) = log.examine(path, heads=[head])[1]
    assert (finding.row, finding.value) == (3, head[:12])


def test_an_entry_that_cannot_be_written_leaves_the_log_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(TypeError):
        log.append(path, [verdict(GIVEN), Entry(event="resolve", run_id="r", round=1,
                                                outcome={"plan": object()})])  # fmt: skip
    assert path.read_bytes() == before


_WRITER = """
import sys
from pathlib import Path
from siting.review.log import Entry, append

for number in range(15):
    append(Path(sys.argv[1]), [Entry(event="export", run_id=sys.argv[2], round=number)] * 2)
"""


def test_two_processes_add_without_losing_a_line(tmp_path: Path) -> None:
    path = tmp_path / log.LOG_FILE
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name])  # noqa: S603
        for name in ("one", "other")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    entries = log.read(path)
    for name in ("one", "other"):
        rounds = [entry.round for entry in entries if entry.run_id == name]
        assert rounds == [number for number in range(15) for _ in range(2)]
    # Entries that were added together stand together.
    pairs = list(zip(entries[::2], entries[1::2], strict=True))
    assert all((a.run_id, a.round) == (b.run_id, b.round) for a, b in pairs)
