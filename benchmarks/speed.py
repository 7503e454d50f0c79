"""Time per element against the size, for the four things most often asked for, in float32 and float64."""

from collections.abc import Iterator

from benchmarks.common import Result, Settings, bind, data, digits, ratio, size_name, spread, table
from benchmarks.timing import measure as time_calls

TITLE = "Speed"
SIZES = (6, 64, 1 << 10, 1 << 14, 1 << 16, 1 << 20, 1 << 24)
QUICK_SIZES = (6, 1 << 12, 1 << 16)
DTYPES = ("float32", "float64")
CASES = {
    "logits_mean": ("Mean on logits", ("x", "t")),
    "logits_value_and_grad": ("Mean on logits and its gradient", ("x", "t")),
    "sigmoid": ("Sigmoid into a given array", ("x", "out")),
    "probabilities_mean": ("Mean on probabilities", ("q", "t")),
}


def measure(settings: Settings) -> Result:
    records = []
    for size in settings.sizes or (QUICK_SIZES if settings.quick else SIZES):
        for dtype in DTYPES:
            arrays = data((2, 3) if size == 6 else size, dtype)
            for case, (_, names) in CASES.items():
                calls = bind(settings.peers, case, *(arrays[name] for name in names))
                for peer, timing in time_calls(calls, settings.seconds, settings.rounds).items():
                    records.append(timing.record(case=case, dtype=dtype, size=size, peer=peer))
    return {"records": records}


def groups(result: Result) -> Iterator[tuple[str, str, dict[int, list[dict]]]]:
    """Records of one case and dtype by size, in the order of measurement."""
    for case in CASES:
        for dtype in DTYPES:
            by_size: dict[int, list[dict]] = {}
            for record in result["records"]:
                if (record["case"], record["dtype"]) == (case, dtype):
                    by_size.setdefault(record["size"], []).append(record)
            if by_size:
                yield case, dtype, by_size


def report(result: Result) -> str:
    parts = [
        """\
One thread, each called again and again on the same arrays. Nanoseconds per element: the best and, as the spread, the
upper quartile of many. The last lines say how many times as fast bcekit is as the fastest peer at that size, and which
one that is."""
    ]
    for case, dtype, by_size in groups(result):
        peers = list(dict.fromkeys(record["peer"] for records in by_size.values() for record in records))
        rows = [[peer] for peer in peers]
        for size, records in by_size.items():
            found = {record["peer"]: record for record in records}
            for row in rows:
                row.append(spread(found[row[0]], size * 1e-9) if row[0] in found else "")
        best = [ratio(records) for records in by_size.values()]
        if len(peers) > 1:
            rows.append(["times as fast", *(digits(factor) for factor, _ in best)])
            rows.append(["as", *(name for _, name in best)])
        parts += [f"### {CASES[case][0]}, {dtype}", table(["", *map(size_name, by_size)], rows)]
    return "\n\n".join(parts)


def losses(result: Result) -> list[str]:
    found = []
    for case, dtype, by_size in groups(result):
        for size, records in by_size.items():
            factor, name = ratio(records)
            if factor < 1:
                found.append(
                    f"{CASES[case][0]}, {dtype}, {size_name(size)} elements: {name} takes {factor:.2f} of our time"
                )
    return found
