"""Conditions on parts of a text and on lists, against a count in Python."""

from collections.abc import Callable
from pathlib import Path

import pytest

import abtest
from abtest.errors import DataError, DefinitionError

NAMES = [
    "Anna@ourfirm.com", "bo@mail.com", "c%d@mail.com", "c_d@mail.com", "it's@mail.com", "a.b@mail.com", "axb@mail.com",
    "[x]*@mail.com", "back\\\\slash", "Ääkkönen@Mail.com", "test-1", "test-12", "", "(a|b)", "$1 ^x",
]  # fmt: skip


def kept(tmp_path: Path, condition: str) -> int:
    rows = "".join(f'{n},{"ab"[n % 2]},1,"{name}"\n' for n, name in enumerate(NAMES * 4))
    (tmp_path / "wide.csv").write_text(f"id,arm,y,email\n{rows}", encoding="utf-8")
    tree = {
        "name": "wide",
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"customers": {"path": "wide.csv", "arm": "arm", "unit": "id", "where": condition}},
        "metrics": {"y": {"role": "primary", "type": "column"}},
    }
    analysis = abtest.analyze(abtest.load(tree, folder=tmp_path))
    return sum(arm.assigned for arm in analysis.population)


TESTS: dict[str, Callable[[str], bool]] = {
    "email like '%@mail.com'": lambda x: x.endswith("@mail.com"),
    "not email like '%@mail.com'": lambda x: x != "" and not x.endswith("@mail.com"),
    "email not like '%@mail.com'": lambda x: x != "" and not x.endswith("@mail.com"),
    "lower(email) like '%@mail.com'": lambda x: x.lower().endswith("@mail.com"),
    r"email like 'c\%d@%'": lambda x: x.startswith("c%d@"),
    "email like 'c_d@mail.com'": lambda x: len(x) == 12 and x[0] == "c" and x[2:] == "d@mail.com",
    r"email like 'c\_d@mail.com'": lambda x: x == "c_d@mail.com",
    "email like 'a.b@%'": lambda x: x.startswith("a.b@"),
    "email starts with 'test-'": lambda x: x.startswith("test-"),
    "email starts with '[x]*'": lambda x: x.startswith("[x]*"),
    "email ends with 'slash'": lambda x: x.endswith("slash"),
    "email contains '(a|b)'": lambda x: "(a|b)" in x,
    "email contains '$1 ^'": lambda x: "$1 ^" in x,
    "email contains 'it''s'": lambda x: "it's" in x,
    "email not contains '@'": lambda x: x != "" and "@" not in x,
    "lower(email) = 'anna@ourfirm.com'": lambda x: x.lower() == "anna@ourfirm.com",
    "lower(email) in ('bo@mail.com', 'TEST-1')": lambda x: x.lower() == "bo@mail.com",
}


@pytest.mark.parametrize("condition", TESTS)
def test_a_condition_on_text_keeps_the_rows_that_python_keeps(tmp_path: Path, condition: str) -> None:
    assert kept(tmp_path, condition) == 4 * sum(map(TESTS[condition], NAMES))


@pytest.mark.parametrize("negated", [False, True])
def test_a_list_in_a_file(tmp_path: Path, negated: bool) -> None:
    listed = ["Anna@ourfirm.com", "  test-1  ", "", "it's@mail.com", "(a|b)", "nobody", 'quoted "x"']
    (tmp_path / "out.txt").write_bytes(("\r\n".join(listed)).encode("utf-8-sig"))
    wanted = {name.strip() for name in listed if name.strip()}
    found = kept(tmp_path, f'email {"not " if negated else ""}in file("out.txt")')
    assert found == 4 * sum(bool(name) and (name in wanted) is not negated for name in NAMES)


@pytest.mark.parametrize(
    "condition",
    [
        "email like 3",
        "email like",
        "email starts 'x'",
        "lower('x') = 'x'",
        "lower(email",
        "'a' like 'b'",
        "x in file(y)",
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(tmp_path: Path, condition: str) -> None:
    with pytest.raises(DefinitionError, match="at character"):
        kept(tmp_path, condition)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.txt"):
        kept(tmp_path, 'email in file("no.txt")')
