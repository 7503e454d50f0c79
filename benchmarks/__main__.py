"""``python -m benchmarks [SUBJECT]``: measure, print, and with --docs put the figures into the documentation."""

import argparse
import json
import time
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

from benchmarks import accuracy, memory, options, small, speed, threads
from benchmarks.common import Result, Settings, clock, facts, machine, one_cpu
from benchmarks.peers import NAMES, load

SUBJECTS = {
    "speed": speed,
    "small": small,
    "options": options,
    "threads": threads,
    "memory": memory,
    "accuracy": accuracy,
}
DOCS = Path(__file__).parent.parent / "docs"
RAW = DOCS / "_static" / "benchmarks.json"
PAGE = DOCS / "performance.md"
BEGIN, END = "<!-- figures: written by python -m benchmarks -->", "<!-- end of figures -->"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subject", nargs="?", default="all", choices=[*SUBJECTS, "all"])
    parser.add_argument("--quick", action="store_true", help="few sizes and few rounds: for a look, not for figures")
    parser.add_argument("--sizes", type=numbers, metavar="N,...", help="numbers of elements instead of the usual ones")
    parser.add_argument("--peers", type=names, default=NAMES, metavar="NAME,...", help=f"some of {', '.join(NAMES)}")
    parser.add_argument(
        "--plots", type=Path, nargs="?", const=DOCS / "_static", metavar="FOLDER", help="draw (default: docs/_static)"
    )
    parser.add_argument("--docs", action="store_true", help="draw, and renew docs/performance.md and its raw figures")
    parser.add_argument(
        "--again", action="store_true", help="print and draw the raw figures that docs/ has; measure nothing"
    )
    return parser.parse_args()


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def names(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    if unknown := set(found) - set(NAMES):
        raise argparse.ArgumentTypeError(f"no peer is called {', '.join(sorted(unknown))}")
    return found


def main() -> None:
    chosen = arguments()
    wanted = SUBJECTS if chosen.subject == "all" else {chosen.subject: SUBJECTS[chosen.subject]}
    results: dict[str, Result] = {}
    if chosen.again:
        stored = json.loads(RAW.read_text(encoding="utf-8"))
        results = {name: stored[name] for name in wanted if name in stored}
        for name, result in results.items():
            print(section(name, result), end="\n\n")
    else:
        with one_cpu():
            peers, missing = load(chosen.peers)
        settings = Settings(peers, chosen.quick, chosen.sizes)
        about = machine(peers, missing, quick=chosen.quick)
        print(facts(about), end="\n\n", flush=True)
        for name, subject in wanted.items():
            start = time.perf_counter()
            with nullcontext() if subject is threads else one_cpu():
                results[name] = {"machine": about, **subject.measure(settings)}
            print(section(name, results[name]), end=f"\n\n({clock(start)})\n\n", flush=True)
    print(where_we_lose(results))
    if chosen.docs:
        results = renew(results)
    if chosen.plots or chosen.docs:
        if find_spec("matplotlib") is None:
            raise SystemExit("no plots: matplotlib is missing")
        from benchmarks.plots import draw

        for path in draw(results, chosen.plots or DOCS / "_static"):
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def figures(result: Result) -> Result:
    return {key: value for key, value in result.items() if key != "machine"}


def section(name: str, result: Result) -> str:
    return f"## {SUBJECTS[name].TITLE}\n\n{SUBJECTS[name].report(figures(result))}"


def where_we_lose(results: dict[str, Result]) -> str:
    lines = [line for name, result in results.items() for line in SUBJECTS[name].losses(figures(result))]
    return "## Where bcekit loses\n\n" + ("\n".join(f"- {line}" for line in lines) or "Nowhere in these measurements.")


def renew(results: dict[str, Result]) -> dict[str, Result]:
    """Put the results into docs/, beside those of other subjects that are there; return all of them."""
    stored = json.loads(RAW.read_text(encoding="utf-8")) if RAW.exists() else {}
    merged = {name: results.get(name) or stored[name] for name in SUBJECTS if name in results or name in stored}
    RAW.parent.mkdir(exist_ok=True)
    RAW.write_text(json.dumps(merged, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{page(merged)}\n\n{END}{after}", encoding="utf-8")
    return merged


def page(results: dict[str, Result]) -> str:
    """The figures as a part of docs/performance.md, the machines first: results may come from several runs."""
    machines: dict[str, list[str]] = {}
    for name, result in results.items():
        machines.setdefault(facts(result["machine"]), []).append(SUBJECTS[name].TITLE)
    parts = ["## Measured on"]
    for about, titles in machines.items():
        parts += [", ".join(titles) + ":" if len(machines) > 1 else "", about]
    parts.append(where_we_lose(results))
    for name, result in results.items():
        parts.append(section(name, result))
        if name in {"speed", "accuracy"}:
            parts += [f"![{SUBJECTS[name].TITLE}, {dtype}](_static/{name}_{dtype}.svg)" for dtype in speed.DTYPES
                      if name == "speed" or dtype in result]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    main()
