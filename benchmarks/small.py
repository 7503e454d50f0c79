"""What a call costs: six elements, as in a test or in a loop over samples."""

from functools import partial

import numpy as np

import bcekit as bk
from benchmarks.common import Result, Settings, bind, data, digits, ratio, spread, table
from benchmarks.speed import CASES, DTYPES
from benchmarks.timing import measure as time_calls

TITLE = "Small calls"
SHAPE = (2, 3)
OWN = "variants"


def measure(settings: Settings) -> Result:
    records = []
    for dtype in DTYPES:
        arrays = data(SHAPE, dtype)
        for case, (_, names) in CASES.items():
            calls = bind(settings.peers, case, *(arrays[name] for name in names))
            for peer, timing in time_calls(calls, settings.seconds, settings.rounds).items():
                records.append(timing.record(case=case, dtype=dtype, peer=peer))
    for variant, timing in time_calls(variants(), settings.seconds, settings.rounds).items():
        records.append(timing.record(case=OWN, dtype="float32", peer=variant))
    return {"records": records}


def variants() -> dict[str, partial]:
    """Our own calls with options, and one of NumPy's as a yardstick."""
    arrays = data(SHAPE, "float32")
    x, t = arrays["x"], arrays["t"]
    loss, weights = bk.binary_cross_entropy_with_logits, np.array([1, 2, 3], "float32")
    return {
        "np.add(x, t)": partial(np.add, x, t),
        "np.mean(x)": partial(np.mean, x),
        "sigmoid(x)": partial(bk.sigmoid, x),
        "…_with_logits(x, t)": partial(loss, x, t),
        "… an object of BCEWithLogitsLoss": partial(bk.BCEWithLogitsLoss(), x, t),
        "… reduction='none'": partial(loss, x, t, reduction="none"),
        "… bool labels": partial(loss, x, t.astype(bool)),
        "… weight of shape (C,)": partial(loss, x, t, weights),
        "… weight, pos_weight and where": partial(loss, x, t, weights, pos_weight=weights, where=t > 0),
        "… axis=0": partial(loss, x, t, axis=0),
        "… lists of numbers": partial(loss, x.tolist(), t.tolist()),
    }


def report(result: Result) -> str:
    parts = [f"Arrays of shape {SHAPE}, one thread. Microseconds per call, best and upper quartile."]
    peers = list(dict.fromkeys(record["peer"] for record in result["records"] if record["case"] != OWN))
    rows = []
    for case, (title, _) in CASES.items():
        for dtype in DTYPES:
            found = {record["peer"]: record for record in of(result, case, dtype)}
            if found:
                factor, name = ratio(list(found.values()))
                times = [spread(found[peer], 1e-6) if peer in found else "" for peer in peers]
                rows.append([f"{title}, {dtype}", *times, f"{digits(factor)} as {name}" if name else ""])
    parts.append(table(["", *peers, "times as fast"], rows))
    own = [record for record in result["records"] if record["case"] == OWN]
    parts.append(table(["bcekit, float32", "µs"], [[record["peer"], spread(record, 1e-6)] for record in own]))
    return "\n\n".join(parts)


def of(result: Result, case: str, dtype: str) -> list[dict]:
    return [record for record in result["records"] if (record["case"], record["dtype"]) == (case, dtype)]


def losses(result: Result) -> list[str]:
    found = []
    for case in CASES:
        for dtype in DTYPES:
            factor, name = ratio(of(result, case, dtype))
            if factor < 1:
                found.append(f"{CASES[case][0]}, {dtype}, shape {SHAPE}: {name} takes {factor:.2f} of our time")
    return found
