"""The picture, the CSV files, and that they are written all or none."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import abtest
from abtest.cohorts import chart
from abtest.cohorts.output import write
from abtest.cohorts.tables import periods_csv, triangle_csv
from abtest.cohorts.text import summary


def result_of(months, by="month", customers=300):
    draw = np.random.default_rng(1)
    rows = [
        (unit, pd.Timestamp("2018-01-02", tz="UTC") + pd.DateOffset(months=int(month)))
        for unit in range(customers)
        for first in [draw.integers(0, months)]
        for month in range(first, months)
        if month == first or draw.random() < 0.5
    ]
    return abtest.retention(pd.DataFrame(rows, columns=["u", "t"]), unit="u", at="t", by=by)


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("months", [1, 2, 13, 60])
def test_no_text_of_the_picture_is_cut_or_overlaps_another(months):
    result = result_of(months)
    figure = chart._figure(result, chart.Style(chart.ENGLISH, ("DejaVu Sans",), standalone=True))
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [text for text in [*figure.texts, *(t for axes in figure.axes for t in axes.texts)] if text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for box in boxes:
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y0 >= 0
        assert box.y1 <= figure.bbox.height
    for place, box in enumerate(boxes):
        for other in boxes[place + 1 :]:
            wide = min(box.x1, other.x1) - max(box.x0, other.x0)
            high = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(wide, high) < 0.5


@pytest.mark.parametrize(("months", "numbers"), [(13, True), (60, False)])
def test_cells_hold_numbers_while_they_are_legible(months, numbers):
    figure = chart._figure(result_of(months), chart.Style(chart.ENGLISH, ("DejaVu Sans",), standalone=True))
    assert bool(figure.axes[0].texts) is numbers


def test_cells_of_the_running_period_are_hatched_and_no_others():
    result = result_of(6)
    figure = chart._figure(result, chart.Style(chart.ENGLISH, ("DejaVu Sans",), standalone=True))
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == sum(len(cohort.active) > 1 for cohort in result.cohorts)


def test_lightness_falls_as_retention_grows():
    colours = chart._colours()(np.linspace(0, 1, 50))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(colours) < 0).all()


def test_two_pictures_of_one_result_are_the_same_bytes():
    result = result_of(5)
    assert chart.heatmap(result) == chart.heatmap(result)


def test_more_cohorts_than_fit_are_left_to_the_file():
    result = result_of(130, customers=900)
    assert chart.heatmap(result).startswith(b"\x89PNG")
    assert len({row["cohort"] for row in read(triangle_csv(result))}) == len(result.cohorts) > chart.MOST_CELLS


def test_csv_files_hold_what_the_value_holds():
    result = result_of(5)
    periods = read(periods_csv(result))
    assert [row["period"] for row in periods] == [period.label for period in result.periods]
    assert float(periods[2]["rate"]) == result.periods[2].rate
    assert periods[0]["rate"] == periods[0]["at_start"] == ""
    cells = read(triangle_csv(result))
    assert [int(c["active"]) for c in cells if c["cohort"] == result.cohorts[0].label] == list(result.cohorts[0].active)
    assert {c["complete"] for c in cells if c["cohort"] == result.cohorts[-1].label} == {"false"}


@pytest.mark.parametrize("months", [3, 40])
def test_the_text_is_at_most_100_columns_and_prints_the_rule(months):
    text = summary(result_of(months))
    assert max(map(len, text.splitlines())) <= 100
    assert "CRR = retained / S = (E − N − R) / S" in text


def test_files_are_written_all_or_none(tmp_path):
    folder = tmp_path / "out"
    (folder / "triangle.png").mkdir(parents=True)
    (folder / "retention.json").write_text("before")
    with pytest.raises(abtest.UsageError):
        write(result_of(3), folder)
    assert (folder / "retention.json").read_text() == "before"
    assert sorted(path.name for path in folder.iterdir()) == ["retention.json", "triangle.png"]
