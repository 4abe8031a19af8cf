"""The questions on a terminal: Enter throughout is valid, wrong answers are asked again, what is unclear is asked."""

import datetime as dt
from collections.abc import Callable

import pytest
from init_data import look_at, units, write, write_assignments, write_events

import abtest
from abtest.init.interview import choose_start, fill_in, look_at_files
from abtest.init.templates import fill, templates

TODAY = dt.date(2026, 2, 25)
ORDERS = ["customer_id", "ordered_at", "amount"]


class Script:
    """Answers from a list, Enter when it is used up; ``asked`` are the questions, ``said`` all other lines."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.said: list[str] = []

    def ask(self, question: str, default: str, check: Callable[[str], object]):
        self.asked.append(question)
        while True:
            answer = self.answers.pop(0) if self.answers else ""
            try:
                return check(answer or default)
            except ValueError as error:
                if not self.answers:
                    raise
                self.said.append(str(error))

    def say(self, text: str) -> None:
        self.said.append(text)


def answered(template: str, *answers: str):
    script = Script(*answers)
    return fill_in(script.ask, templates()[template], TODAY, None), script


def loaded(text: str, folder) -> abtest.Experiment:
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return abtest.load(folder / "x.yaml")


@pytest.mark.parametrize("name", templates())
def test_enter_throughout_gives_the_template_as_it_is(name, tmp_path):
    filling, script = answered(name)
    definition = loaded(fill(templates()[name], filling), tmp_path).definition
    assert definition.name == name
    assert [arm.name for arm in definition.arms] == [arm.name for arm in templates()[name].arms]
    assert "Name of the experiment" in script.asked


def test_the_first_question_offers_every_template_and_the_own_files():
    script = Script()
    assert choose_start(script.ask, script.say) is templates()["drip"]
    assert all(any(line.strip().startswith(name) for line in script.said) for name in [*templates(), "data"])
    assert choose_start(Script("winback").ask, script.say) is templates()["winback"]
    assert choose_start(Script("data").ask, script.say) is None


def test_answers_go_into_the_definition(tmp_path):
    answers = ["spring", "user_id", "Europe/Helsinki", "2026-04-06", "rarely", "often, very often", "28", "14d", "1w"]
    filling, _ = answered("drip", *answers)
    definition = loaded(fill(templates()["drip"], filling), tmp_path).definition
    assert (definition.name, definition.unit, definition.timezone) == ("spring", "user_id", "Europe/Helsinki")
    assert definition.period.start == dt.date(2026, 4, 6)
    assert [(arm.name, arm.control, arm.cadence) for arm in definition.arms] == [
        ("rarely", True, 28 * 86_400),
        ("often", False, 14 * 86_400),
        ("very often", False, 7 * 86_400),
    ]
    # A description of the template's own arms would be wrong here.
    assert all(arm.description is None for arm in definition.arms)


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        (["a name with blanks", "fine"], "letters, digits"),
        (["x", "id", "Helsinki", "Europe/Helsinki"], "time zone"),
        (["x", "id", "UTC", "next week", "2026-04-06"], "must be a date"),
        (["x", "id", "UTC", "", "control", "control", "new"], "a name of its own"),
        (["x", "id", "UTC", "", "control", " , ", "new"], "at least one arm"),
        (["x", "id", "UTC", "", "a", "b", "often", "14"], "number of days"),
    ],
)
def test_a_wrong_answer_is_explained_and_asked_again(answers, complaint, tmp_path):
    filling, script = answered("drip", *answers)
    assert any(complaint in line for line in script.said)
    loaded(fill(templates()["drip"], filling), tmp_path)


def survey_of(given, hints):
    return look_at(*[(part.name, part.path) for part in given], hints=hints)


def test_own_files_are_looked_at_and_guesses_confirmed(tmp_path):
    assignments, orders = write_assignments(tmp_path), write_events(tmp_path, "orders.csv", ORDERS)
    script = Script("", str(assignments), str(orders), "", "", "weekly", "Europe/Helsinki", "mine")
    draft = look_at_files(script.ask, script.say, survey_of, None)
    assert (draft.name, draft.control, draft.timezone) == ("mine", "weekly", "Europe/Helsinki")
    assert [arm.name for arm in draft.arms] == ["weekly", "biweekly"]


def test_further_events_are_asked_until_enter(tmp_path):
    assignments, orders = write_assignments(tmp_path), write_events(tmp_path, "orders.csv", ORDERS)
    sends = write_events(tmp_path, "s.csv", ["customer_id", "sent_at"])
    script = Script("", str(assignments), str(orders), f"sends={sends}", f"orders={sends}", "no equals sign", "")
    draft = look_at_files(script.ask, script.say, survey_of, None)
    assert [source.name for source in draft.sources] == ["assignments", "orders", "sends"]
    assert any("given already" in line for line in script.said)
    assert any("NAME=FILE" in line for line in script.said)


def test_a_missing_file_is_asked_again(tmp_path):
    wide = write(tmp_path / "w.csv", ["user_id", "arm", "converted"], [(n, "AB"[n % 2], n % 3 == 0) for n in range(60)])
    script = Script(str(tmp_path / "none.csv"), str(wide))
    assert look_at_files(script.ask, script.say, survey_of, None).control == "A"
    assert any("no such file" in line for line in script.said)


def test_without_any_file_the_questions_begin_again(tmp_path):
    wide = write(tmp_path / "w.csv", ["user_id", "arm", "converted"], [(n, "AB"[n % 2], n % 3 == 0) for n in range(60)])
    script = Script("", "", "", str(wide))
    look_at_files(script.ask, script.say, survey_of, None)
    assert any("Give the customers file" in line for line in script.said)


def test_what_cannot_be_told_is_asked_by_table(tmp_path):
    rows = [(key, "xy"[place % 2], "uv"[place % 2], time.isoformat()) for place, (key, _, time) in enumerate(units())]
    customers = write(tmp_path / "c.csv", ["who", "one", "two", "since"], rows)
    orders = write_events(tmp_path, "orders.csv", ["buyer", "ordered_at", "amount"])
    script = Script(str(customers), "", str(orders), "", "nonsense", "two")
    draft = look_at_files(script.ask, script.say, survey_of, None)
    assert "Column of the arm in c.csv" in script.asked
    assert {arm.name for arm in draft.arms} == {"u", "v"}
    assert any("must be one of who, one, two, since" in line for line in script.said)
