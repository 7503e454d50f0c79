"""Call everything with anything: every call must end in a right result or in a documented error.

    python tools/fuzz --seconds 60 --seed 7       as many cases as fit, in a process that may crash
    python tools/fuzz --seed 7 --case 1234        one of them again, in words
    python tools/fuzz --atheris FOLDER            cases chosen by coverage (pip install atheris)

A case is one call: a function (or a class and its method), arguments of random dtypes, shapes, strides, byte orders
and values, options, arrays for the results that may overlap the arguments, and now and then a mistake on purpose.
What must come out is computed from the definitions in wider arithmetic (expected.py), in no way as the package does
it. A result must agree to a few units in the last place of the arithmetic's dtype, be exactly 0 where a mask leaves
something out, and have the bits that the same call gives on plain arrays and one thread; no byte outside of `out` may
change. A mistake must be a TypeError or ValueError that names the argument, with nothing written. No call may warn.
"""

from __future__ import annotations

import argparse
import faulthandler
import mmap
import re
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from arrays import from_bytes, from_seed
from cases import Case, Wrong

HANGS_AFTER = 120  # seconds for 256 cases


def attempt(source):
    """Make and run a case: None, or what is wrong with it and the case."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        case = Case(source)
        try:
            case.run()
        except Wrong as wrong:
            return str(wrong), case
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not documented
            last = traceback.extract_tb(error.__traceback__)[-1]
            return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})", case
    return None


def kind_of(case, text):
    """Two failures of one kind are reported once."""
    return case.name, re.sub(r"[-+]?\d[\d.e+-]*|\[.*?\]|0x\w+", "#", text)[:70]


def work(seed, seconds, cases, log):
    """Run so many cases, or for so long, each noted in `log` first; how many kinds of failure."""
    kinds = set()
    start = time.perf_counter()
    for number in cases:
        if time.perf_counter() - start > seconds:
            break
        log[:8] = number.to_bytes(8, "little")
        if number % 256 == 0:
            faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        found = attempt(from_seed(seed, number))
        if found and kind_of(found[1], found[0]) not in kinds:
            kinds.add(kind_of(found[1], found[0]))
            print(f"--seed {seed} --case {number}: {found[0]}\n    {found[1]}", flush=True)
    else:
        number = cases.stop
    faulthandler.cancel_dump_traceback_later()
    count, took = number - cases.start, time.perf_counter() - start
    print(f"seed {seed}: {count} executions, {count / took:.0f} per second, {len(kinds)} kinds of failure")
    return len(kinds)


def guarded(arguments):
    """The same in a process of its own, to say which case it was that crashed or hung."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "case")
        log.write_bytes(bytes(8))
        command = [sys.executable, "-X", "faulthandler", str(Path(__file__).parent), *arguments, "--log", str(log)]
        code = subprocess.run(command, check=False).returncode
        if code not in {0, 1}:
            print(f"crash or hang (exit status {code}) in case {int.from_bytes(log.read_bytes(), 'little')}")
    return code


def by_coverage(arguments):
    import atheris

    atheris.instrument_all()

    def one(data):
        found = attempt(from_bytes(data))
        if found:
            raise RuntimeError(f"{found[0]}\n{found[1]}")

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def again(seed, number):
    """One case, in words."""
    with np.errstate(all="ignore"):
        print(Case(from_seed(seed, number)))
    found = attempt(from_seed(seed, number))
    print(found[0] if found else "as it should be")
    return int(bool(found))


def main():
    parser = argparse.ArgumentParser(prog="python tools/fuzz", description="Call bcekit with anything.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--cases", type=int, default=1 << 40, help="no more than so many")
    parser.add_argument("--case", type=int, help="run this case alone and say what it is")
    parser.add_argument("--atheris", nargs=argparse.REMAINDER, help="let atheris choose; the rest goes to libFuzzer")
    parser.add_argument("--log", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.atheris is not None:
        return by_coverage(options.atheris)
    if options.case is not None:
        return again(options.seed, options.case)
    if options.log is None:
        return guarded(sys.argv[1:])
    cases = range(options.first, options.first + options.cases)
    with Path(options.log).open("r+b") as file, mmap.mmap(file.fileno(), 8) as log:
        return int(work(options.seed, options.seconds, cases, log) > 0)


if __name__ == "__main__":
    sys.exit(main())
