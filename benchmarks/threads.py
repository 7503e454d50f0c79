"""What more threads bring, for those libraries that can be told how many to use."""

import os
from functools import partial

from benchmarks.common import Result, Settings, bind, data, digits, ratio, size_name, spread, table
from benchmarks.speed import CASES
from benchmarks.timing import measure as time_calls

TITLE = "Threads"
SIZES, QUICK_SIZES = (1 << 16, 1 << 20, 1 << 24), (1 << 16,)
DTYPE = "float32"


def counts() -> list[int]:
    """1, 2, 4, … and all cores there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({*(1 << power for power in range(cores.bit_length()) if 1 << power <= cores), cores})


def measure(settings: Settings) -> Result:
    records = []
    peers = [peer for peer in settings.peers if peer.counts_threads]
    for size in settings.sizes or (QUICK_SIZES if settings.quick else SIZES):
        arrays = data(size, DTYPE)
        for case, (_, names) in CASES.items():
            bound = bind(peers, case, *(arrays[name] for name in names))
            calls, before = {}, {}
            for peer in peers:
                for count in counts():
                    if peer.name in bound:
                        calls[f"{peer.name} {count}"] = bound[peer.name]
                        before[f"{peer.name} {count}"] = partial(peer.use_threads, count)
            timings = time_calls(calls, 2 * settings.seconds, settings.rounds, before)
            for name, timing in timings.items():
                peer_name, _, number = name.rpartition(" ")
                records.append(timing.record(case=case, size=size, peer=peer_name, threads=int(number)))
    for peer in peers:
        peer.use_threads(1)
    return {"records": records}


def report(result: Result) -> str:
    parts = [
        f"""\
{DTYPE}; nanoseconds per element, best and upper quartile, and how many times as fast as with one thread. JAX, NumPy and
SciPy are not here: the first cannot change its mind, the others use one."""
    ]
    many = sorted({record["threads"] for record in result["records"]})
    for case, (title, _) in CASES.items():
        records = [record for record in result["records"] if record["case"] == case]
        sizes = list(dict.fromkeys(record["size"] for record in records))
        found = {(record["peer"], record["size"], record["threads"]): record for record in records}
        rows = []
        for peer in dict.fromkeys(record["peer"] for record in records):
            row = [peer]
            for size in sizes:
                for count in many:
                    record, one = found[peer, size, count], found[peer, size, 1]
                    gain = f" ({digits(one['minimum'] / record['minimum'])}×)" if count > 1 else ""
                    row.append(spread(record, size * 1e-9) + gain)
            rows.append(row)
        header = [f"{size_name(size)}, {count} thread{'s' * (count > 1)}" for size in sizes for count in many]
        parts += [f"### {title}", table(["", *header], rows)]
    return "\n\n".join(parts)


def losses(result: Result) -> list[str]:
    found = []
    keys = dict.fromkeys((record["case"], record["size"], record["threads"]) for record in result["records"])
    for case, size, count in keys:
        if count > 1:
            records = [r for r in result["records"] if (r["case"], r["size"], r["threads"]) == (case, size, count)]
            factor, name = ratio(records)
            if factor < 1:
                where = f"{CASES[case][0]}, {DTYPE}, {size_name(size)} elements, {count} threads"
                found.append(f"{where}: {name} takes {factor:.2f} of our time")
    return found
