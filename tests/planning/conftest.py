import numpy as np
import pytest

from abtest.planning.behaviour import DripModel
from abtest.planning.simulate import DEFAULT_SEED, draw_customers, draw_events


@pytest.fixture(scope="session")
def default():
    """Customers and events of the default model and seed: every other eligible customer weekly, the rest biweekly."""
    customers = draw_customers(DripModel(), DEFAULT_SEED)
    cadence = np.where(customers.eligible, np.where(np.arange(len(customers)) % 2, 7, 14), 0)
    return customers, draw_events(customers, cadence, DEFAULT_SEED)
