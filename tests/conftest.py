"""What the whole suite shares."""

import numpy as np
import pytest
from hypothesis import settings

# The same examples on every run: a failure that comes and goes helps nobody who merely builds the package.
settings.register_profile("bcekit", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("bcekit")


@pytest.fixture
def random():
    return np.random.default_rng(1)
