"""The one way in which everything here is timed."""

import time
import timeit
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any

SAMPLE = 5e-4  # seconds: a sample repeats its call until it takes this long, so that the clock's own cost is lost in it
MOST_ROUNDS = 2000
# Untimed calls before a sample. Large third-level caches hold what the second level drops, and take data in for good
# when it is read again: the first two calls on 12 MiB after other calls took 1.4 times as long as all later ones.
WARM = 2
LONG = 0.01  # seconds: calls that take longer read more than caches hold, or hardly wait for them, and are not repeated

Call = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds per call: the best sample, and the quartiles of all of them as the spread."""

    minimum: float
    lower: float
    median: float
    upper: float
    samples: int

    def record(self, **labels: Any) -> dict[str, Any]:
        """The timing for JSON, times with four digits."""
        times = {name: float(f"{value:.4g}") for name, value in asdict(self).items() if name != "samples"}
        return labels | times | {"samples": self.samples}


def measure(
    calls: Mapping[str, Call],
    seconds: float,
    rounds: int = 7,
    before: Mapping[str, Call] | None = None,
    warm: int = WARM,
) -> dict[str, Timing]:
    """Time the calls in turn, round after round, for about `seconds` in all but at least `rounds` rounds.

    In turn, so that whatever else the machine does meets all of them alike. `before` holds what has to be done before a
    call's sample and is not timed; nor are the `warm` calls that each sample begins with.
    """
    before = before or {}
    counts, warms = {}, {}
    for name, call in calls.items():
        before.get(name, int)()
        call()  # compiles, allocates, fills caches
        once = min(timeit.repeat(call, number=1, repeat=3))
        counts[name] = repetitions(call, once)
        warms[name] = warm if once < LONG else 0
    samples: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    for done in range(MOST_ROUNDS):
        if done >= rounds and time.perf_counter() > end:
            break
        for name, call in calls.items():
            before.get(name, int)()
            for _ in range(warms[name]):
                call()
            samples[name].append(timeit.timeit(call, number=counts[name]) / counts[name])
    return {name: summary(times) for name, times in samples.items()}


def summary(times: list[float]) -> Timing:
    lower, median, upper = quantiles(times)
    return Timing(min(times), lower, median, upper, len(times))


def repetitions(call: Call, once: float) -> int:
    """How often a sample should repeat the call, which takes about `once` seconds."""
    if once > SAMPLE / 10:
        return max(1, round(SAMPLE / once))
    once = timeit.timeit(call, number=10) / 10
    return max(10, round(SAMPLE / once))
