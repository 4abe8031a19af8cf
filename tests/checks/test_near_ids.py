"""Ids that nearly match are found and counted, and told from those of strangers; the cure gives the right numbers."""

import random
import unicodedata

import polars as pl
import pytest
from near_data import experiment, saved, tables, told

import abtest
from abtest.engines.folding import FOLDS
from abtest.warehouse import reading

MAIL = [f"Anna.{number:04d}@Shop.example" for number in range(200)]
NAMES = [f"zoë-ångström-{number}" for number in range(200)]
NUMBERS = [str(number * 37 + 5) for number in range(200)]

CASES = {
    "case": (MAIL, lambda one, draw: draw.choice([one, one.lower(), one.upper()])),
    "unicode": (NAMES, lambda one, draw: unicodedata.normalize(draw.choice(["NFC", "NFD"]), one)),
    "blanks": (NUMBERS, lambda one, draw: draw.choice([one, f"\u00a0{one}", f"{one}\u200b", f"\t{one} "])),
    "zeros": (NUMBERS, lambda one, draw: draw.choice([one, one.zfill(8)])),
    "decimal": (NUMBERS, lambda one, draw: draw.choice([one, f"{one}.0"])),
}


def _finding(analysis):
    return next((check for check in analysis.checks if check.id.endswith("near_ids")), None)


@pytest.mark.parametrize("fold", CASES)
@pytest.mark.parametrize("table", ["buys", "assignments"])
def test_what_would_match_is_counted_and_the_cure_that_is_said_gives_the_right_numbers(fold, table):
    ids, write = CASES[fold]
    frames, truth = tables(ids, seed=len(fold), written={table: write})
    broken = abtest.analyze(experiment(), frames)
    known = set(frames["assignments"]["who"].str.strip_chars(" "))
    lost = sum(1 for one in frames["buys"]["who"].str.strip_chars(" ") if one not in known and "stranger" not in one)
    found = _finding(broken)
    assert lost > 20
    assert told(broken) != {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}
    assert found.status == "fail"
    assert not broken.valid
    assert f"buys: {lost} events match nobody" in found.message
    assert f"`ids: {{fold: [{fold}]}}`" in found.message
    cured = abtest.analyze(experiment(ids={"fold": [fold]}), frames)
    assert told(cured) == {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}
    assert _finding(cured) is None


def test_several_ways_of_writing_need_several_folds():
    frames, truth = tables(
        MAIL, seed=3, written={"buys": lambda one, draw: draw.choice([one.lower(), f"\u2007{one}\ufeff"])}
    )
    found = _finding(abtest.analyze(experiment(), frames))
    assert "`ids: {fold: [blanks, case]}`" in found.message
    cured = abtest.analyze(experiment(ids={"fold": ["case", "blanks"]}), frames)
    assert told(cured) == {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}


def test_one_lost_customer_of_many_is_a_warning():
    frames, _ = tables(MAIL, seed=4, written={"buys": lambda one, _: one.lower() if "0007" in one else one})
    assert (found := _finding(abtest.analyze(experiment(), frames))) is None or found.status == "warn"


def test_ids_that_only_their_case_tells_apart_are_left_alone():
    # Short ids of a system that counts in capitals and small letters: two of them differ in nothing else.
    letters = "abcdefghABCDEFGH"
    ids = [one + other for one in letters for other in letters]
    frames, _ = tables(ids[::2], seed=5)
    strangers = frames["buys"].head(40).with_columns(pl.Series("who", ids[1::2][:40]))
    frames["buys"] = pl.concat([frames["buys"], strangers])
    assert _finding(abtest.analyze(experiment(), frames)) is None


def test_customers_that_nearly_match_their_assignments_are_found():
    frames, truth = tables(MAIL, seed=6)
    frames["customers"] = pl.DataFrame({"who": [one.upper() for one in MAIL]})
    data = {"customers": {}, "assignments": {"at": "since"}, "buys": {"at": "moment", "value": "paid"}}
    found = _finding(abtest.analyze(experiment(data=data), frames))
    assert (found.id, found.status) == ("assignments.near_ids", "fail")
    assert "200 assigned units are not in the customers table" in found.message
    cured = abtest.analyze(experiment(data=data, ids={"fold": "case"}), frames)
    assert told(cured) == {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}


def test_ids_that_become_one_are_counted():
    frames, _ = tables([*MAIL[:100], *(one.upper() for one in MAIL[:10])], seed=7)
    analysis = abtest.analyze(experiment(ids={"fold": ["case"]}), frames)
    (found,) = [check for check in analysis.checks if check.id == "ids.folded"]
    assert found.message.startswith("10 ids of the assignments are one with another")


def test_no_id_is_in_any_message():
    frames, _ = tables(MAIL, seed=8, written={"buys": lambda one, _: one.lower()})
    text = abtest.analyze(experiment(), frames).to_json()
    assert "anna" not in text.lower()


def test_files_are_looked_at_like_frames_and_large_ones_by_a_part_of_their_ids(tmp_path, monkeypatch):
    frames, _ = tables(MAIL, seed=9, written={"buys": lambda one, _: one.lower()})
    saved(frames, tmp_path)
    data = {
        "assignments": {"path": str(tmp_path / "assignments.csv"), "at": "since"},
        "buys": {"path": str(tmp_path / "buys.csv"), "at": "moment", "value": "paid"},
    }
    message = _finding(abtest.analyze(experiment(), frames)).message
    assert _finding(abtest.analyze(experiment(data=data))).message == message
    monkeypatch.setattr(reading, "_LARGE", 0)
    assert _finding(abtest.analyze(experiment(data=data))).message == message


def test_clean_ids_find_nothing():
    draw = random.Random(11)
    for ids in (MAIL, NAMES, NUMBERS, [f"{draw.getrandbits(64):016x}" for _ in range(200)]):
        frames, truth = tables(ids, seed=draw.randrange(1000))
        analysis = abtest.analyze(experiment(), frames)
        assert _finding(analysis) is None
        assert told(analysis) == {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}


def test_folds_are_each_named_once():
    assert experiment(ids={"fold": ["zeros", "case", "zeros"]}).definition.ids.fold == ["case", "zeros"]
    assert set(CASES) == set(FOLDS)
