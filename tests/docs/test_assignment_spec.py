"""Whoever follows docs/assignment_spec.md draws the arms that abtest draws: its vectors hold in every rendering."""

import json
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from abtest import assign, bucket, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/assignment_spec.md").read_text(encoding="utf-8")
DESIGNS = json.loads((ROOT / "docs/vectors.json").read_text(encoding="utf-8"))["designs"]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
CHECK = """
import { readFileSync } from "node:fs";
import { arm, bucket } from "./arm.mjs";
let checked = 0, wrong = 0;
for (const { salt, weights, vectors } of JSON.parse(readFileSync(process.argv[2], "utf8")).designs) {
  const places = weights.map((_, place) => place);
  for (const [unit, digits, place] of vectors) {
    checked += 1;
    const right = bucket(unit, salt) === BigInt("0x" + digits) && arm(unit, salt, places, weights) === place;
    wrong += right ? 0 : 1;
  }
}
console.log(`${checked} checked, ${wrong} wrong`);
"""


def experiment(salt, weights):
    arms = [{"name": str(place), "control": not place, "weight": float(w)} for place, w in enumerate(weights)]
    return load(
        {
            "name": "spec",
            "unit": "id",
            "timezone": "UTC",
            "period": {"start": "2026-03-02"},
            "arms": arms,
            "data": {"customers": {}, "assignments": {}},
            "assignment": {"salt": salt},
            "metrics": {"kept": {"role": "primary", "type": "column"}},
        }
    )


def test_there_are_ten_thousand_vectors_of_many_kinds():
    ids = [unit for design in DESIGNS for unit, *_ in design["vectors"]]
    text = [unit for unit in ids if isinstance(unit, str)]
    assert len(ids) == 10_000
    assert {place for design in DESIGNS for *_, place in design["vectors"]} == {0, 1, 2}
    assert any(isinstance(unit, int) and unit < 0 for unit in ids)
    assert sum(unicodedata.normalize("NFC", unit) != unit for unit in text) > 300
    assert sum(unicodedata.normalize("NFD", unit) != unit for unit in text) > 300
    names = {unicodedata.name(letter, "").split(" ")[0] for unit in text for letter in unit}
    assert {"CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "CJK", "HANGUL", "GREEK", "HIRAGANA"} <= names
    assert max(map(len, text)) == 1000


def test_the_vectors_are_what_their_script_makes(tmp_path):
    script = ROOT / "tests/reference/assignment_vectors.py"
    (tmp_path / "tests/reference").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    shutil.copy(script, tmp_path / "tests/reference")
    copied = tmp_path / "tests/reference/assignment_vectors.py"
    subprocess.run([sys.executable, str(copied)], check=True, capture_output=True)
    assert (tmp_path / "docs/vectors.json").read_bytes() == (ROOT / "docs/vectors.json").read_bytes()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum of coreutils is not installed")
def test_the_digest_written_on_the_page_is_that_of_coreutils():
    digest = subprocess.run(["sha256sum"], input=b"drip:1", capture_output=True, check=True).stdout[:15].decode()
    assert f"begins with `{digest}`, which as a number is {int(digest, 16)}" in PAGE


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design["salt"])
def test_the_function_gives_every_vector(design):
    of = experiment(design["salt"], design["weights"])
    for unit, digits, place in design["vectors"]:
        assert bucket(unit, of) == (int(digits, 16), str(place))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design["salt"])
def test_the_engine_draws_every_vector(design, tmp_path):
    of = experiment(design["salt"], design["weights"])
    # Padded ids are one customer with their bare form, as `7` and `"7"` are.
    expected = {str(unit).strip(" "): str(place) for unit, _, place in design["vectors"]}
    customers = pa.table({"id": [str(unit) for unit, *_ in design["vectors"]]})
    assign(of, tmp_path / "arms.parquet", tables={"customers": customers})
    drawn = pyarrow.parquet.read_table(tmp_path / "arms.parquet")
    assert dict(zip(drawn["id"].to_pylist(), drawn["arm"].to_pylist(), strict=True)) == expected


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; .ci/run installs it")
def test_the_javascript_gives_every_vector(tmp_path):
    [module, usage] = [text for kind, text in BLOCKS if kind == "js"]
    assert len([line for line in module.splitlines() if line]) <= 30
    (tmp_path / "arm.mjs").write_text(module, encoding="utf-8")
    (tmp_path / "check.mjs").write_text(CHECK, encoding="utf-8")
    call = re.sub(r"^arm\((.*)\); // (.*)$", r"console.log(arm(\1) === \2)", usage, flags=re.MULTILINE)
    (tmp_path / "usage.mjs").write_text(call, encoding="utf-8")

    def said(script, *arguments):
        command = ["node", script, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    assert said("check.mjs", str(ROOT / "docs/vectors.json")) == "10000 checked, 0 wrong"
    assert said("usage.mjs") == "true"


def test_the_sql_gives_every_vector_of_its_design():
    [statement] = [text for kind, text in BLOCKS if kind == "sql"]
    design = DESIGNS[0]
    assert (design["salt"], design["weights"]) == ("drip", ["1", "1"])
    ids = [str(unit) for unit, *_ in design["vectors"]]
    with duckdb.connect() as engine:
        engine.register("customers", pa.table({"customer_id": ids}))
        found = dict(engine.execute(statement).fetchall())
    assert found == {str(unit): ["biweekly", "weekly"][place] for unit, _, place in design["vectors"]}
