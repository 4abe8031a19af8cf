"""The model case as files: customers drawn, arms by ``abtest assign``, events by the arms' cadences."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abtest.assignment.draw import bucket, save
from abtest.definition.load import Experiment
from abtest.definition.model import CUSTOMERS
from abtest.engines.choice import Choice
from abtest.planning.behaviour import DAY_SECONDS, DripModel
from abtest.planning.simulate import DEFAULT_SEED, draw_customers, draw_events
from abtest.planning.tables import write_tables
from abtest.planning.truth import TrueEffects, true_effects
from abtest.process.publishing import Kind, publish, workplace
from abtest.warehouse.inputs import input_files

ASSIGNMENTS_FILE = "assignments.parquet"
KIND = Kind("simulated tables", "choose another --data folder")


@dataclass(frozen=True)
class SimulatedExample:
    """The files written and the true expected values per arm: ``control`` and ``treatment`` are the arms' names."""

    files: list[Path]
    control: str
    treatment: str
    truth: TrueEffects


def simulate_example(
    experiment: Experiment,
    folder: Path,
    *,
    customers: int = 20_000,
    seed: int = DEFAULT_SEED,
    overwrite: bool = False,
) -> SimulatedExample:
    """Write the five tables of a drip experiment into ``folder`` and return them with the true effects.

    The definition gives the period, the zone, and two arms with whole-day cadences; the arms of the simulated customers
    are drawn by :func:`abtest.assign`. All files are complete before any takes its name.
    """
    control, treatment, cadences = _cadences(experiment)
    model = _model(experiment, customers)
    drawn = draw_customers(model, seed)
    cadence = np.zeros(len(drawn), dtype=np.int64)
    for place in np.flatnonzero(drawn.eligible):
        cadence[place] = cadences[bucket(str(drawn.customer_id[place]), experiment).arm]
    events = draw_events(drawn, cadence, seed)
    keep = input_files(experiment, without=experiment.definition.data)  # which the tables are made for
    with workplace(folder, KIND, beside=True) as work:
        written = [*write_tables(work, drawn, events), _assignments(experiment, work)]
        targets = publish({path.name: path for path in written}, folder, keep=keep, overwrite=overwrite, kind=KIND)
    return SimulatedExample(targets, control, treatment, true_effects(drawn, cadences[control], cadences[treatment]))


def _cadences(experiment: Experiment) -> tuple[str, str, dict[str, int]]:
    definition = experiment.definition
    if len(definition.arms) != 2 or any(arm.cadence is None or arm.cadence % DAY_SECONDS for arm in definition.arms):
        raise experiment.refusal("simulate needs two arms, each with a cadence in whole days such as 7d", "arms")
    days = {arm.name: (arm.cadence or 0) // DAY_SECONDS for arm in definition.arms}
    return definition.control.name, definition.treatments[0].name, days


def _model(experiment: Experiment, customers: int) -> DripModel:
    definition = experiment.definition
    period = definition.period
    if period is None or period.end is None or period.through is None or definition.timezone is None:
        raise experiment.refusal("simulate needs timezone and period with start, end and through", "period")
    return dataclasses.replace(
        DripModel(),
        customers=customers,
        timezone=definition.timezone,
        period_start=period.start,
        period_end=period.end,
        data_through=period.through,
    )


def _assignments(experiment: Experiment, folder: Path) -> Path:
    """Draw the arms of the customers that were just written, as :func:`abtest.assign` draws them."""
    definition = experiment.definition
    if CUSTOMERS not in definition.data:
        raise experiment.refusal("simulate needs data.customers", "data")
    here = definition.data[CUSTOMERS].model_copy(update={"path": f"{CUSTOMERS}.parquet"})
    moved = definition.model_copy(update={"data": {**definition.data, CUSTOMERS: here}})
    moved_here = dataclasses.replace(experiment, definition=moved, folder=folder)
    engine = Choice().open(moved)
    try:
        return save(moved_here, engine, folder / ASSIGNMENTS_FILE).path
    finally:
        engine.close()
