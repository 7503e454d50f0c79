"""Look inside an sdist and its wheels: `contents.py DIST_FOLDER [--wheels COUNT] [--tracked FILE]`."""

import argparse
import re
import sys
import tarfile
import zipfile
from pathlib import Path

SHIPPED = ("src", "tests", "examples", "benchmarks", "tools", "docs")  # folders that belong in the sdist
GENERATED = re.compile(r"\.(c|cpp|o|so|pyd|pyc|html)$")
WHEEL = re.compile(r"bcekit/(py\.typed|.*\.(py|pyi|so|pyd))$|bcekit-[^/]+\.dist-info/.*")
NEEDED = ("bcekit/py.typed", "bcekit/_engine.", "bcekit/kernels/_baseline.", ".dist-info/licenses/LICENSE")
LIMIT = 1_000_000  # bytes of a wheel: size is a feature


def look_into_sdist(sdist: Path, tracked: set[str]) -> list[str]:
    """What is wrong with an sdist, given what git tracks."""
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    print(f"{sdist.name}: {len(inside)} entries, {sdist.stat().st_size:,} bytes")
    wanted = {path for path in tracked if path.startswith(tuple(f"{folder}/" for folder in SHIPPED))}
    return [f"{sdist.name} lacks {path}" for path in sorted(wanted - inside)] + [
        f"{sdist.name} should not hold {path}" for path in sorted(inside) if GENERATED.search(path)
    ]


def look_into_wheel(wheel: Path) -> list[str]:
    """What is wrong with a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        files = {info.filename: info.file_size for info in archive.infolist()}
    print(f"{wheel.name}: {len(files)} files, {wheel.stat().st_size:,} bytes, {sum(files.values()):,} installed")
    for path, size in sorted(files.items(), key=lambda item: -item[1])[:4]:
        print(f"  {size:9,} {path}")
    problems = [f"{wheel.name} should not hold {path}" for path in files if not WHEEL.match(path)]
    problems += [f"{wheel.name} lacks {needed}" for needed in NEEDED if not any(needed in path for path in files)]
    if wheel.stat().st_size > LIMIT:
        problems.append(f"{wheel.name} has more than {LIMIT:,} bytes")
    return problems


def main() -> list[str]:
    """What is wrong with all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, help="a folder with one sdist and its wheels")
    parser.add_argument("--wheels", type=int, help="how many wheels there must be")
    parser.add_argument("--tracked", type=Path, help="the files that git tracks, each with a NUL behind it")
    chosen = parser.parse_args()
    [sdist] = chosen.dist.glob("*.tar.gz")
    wheels = sorted(chosen.dist.glob("*.whl"))
    tracked = set(chosen.tracked.read_text(encoding="utf-8").split("\0")) if chosen.tracked else set()
    problems = look_into_sdist(sdist, tracked)
    for wheel in wheels:
        problems += look_into_wheel(wheel)
    if chosen.wheels is not None and len(wheels) != chosen.wheels:
        problems.append(f"{len(wheels)} wheels, expected {chosen.wheels}")
    return problems


if __name__ == "__main__":
    found = main()
    sys.exit("\n".join(found) if found else 0)
