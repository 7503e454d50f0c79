"""Look inside the sdist and the wheel: `contents.py DIST_FOLDER TREE`, where TREE holds the files that git tracks."""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

SHIPPED = ("src", "tests", "examples", "benchmarks", "tools", "docs")  # folders that belong in the sdist
GENERATED = re.compile(r"\.(c|cpp|o|so|pyd|pyc|html)$")
WHEEL = re.compile(r"bcekit/(py\.typed|.*\.(py|pyi|so|pyd))$|bcekit-[^/]+\.dist-info/.*")
LIMIT = 1_000_000  # bytes of a wheel: size is a feature


def main(dist: Path, tree: Path) -> list[str]:
    """What is wrong with the one sdist and the one wheel in `dist`."""
    problems = []
    [sdist], [wheel] = dist.glob("*.tar.gz"), dist.glob("*.whl")

    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {path for path in (tree / "tracked.txt").read_text(encoding="utf-8").split("\0") if path}
    wanted = {path for path in tracked if path.startswith(tuple(f"{folder}/" for folder in SHIPPED))}
    problems += [f"{sdist.name} lacks {path}" for path in sorted(wanted - inside)]
    problems += [f"{sdist.name} should not hold {path}" for path in sorted(inside) if GENERATED.search(path)]

    with zipfile.ZipFile(wheel) as archive:
        files = {info.filename: info.file_size for info in archive.infolist()}
    problems += [f"{wheel.name} should not hold {path}" for path in files if not WHEEL.match(path)]
    for needed in ("bcekit/py.typed", "bcekit/_engine.", "bcekit/kernels/_baseline.", ".dist-info/licenses/LICENSE"):
        if not any(needed in path for path in files):
            problems.append(f"{wheel.name} lacks {needed}")
    if wheel.stat().st_size > LIMIT:
        problems.append(f"{wheel.name} has more than {LIMIT:,} bytes")

    print(f"{sdist.name}: {len(inside)} entries, {sdist.stat().st_size:,} bytes")
    print(f"{wheel.name}: {len(files)} files, {wheel.stat().st_size:,} bytes, {sum(files.values()):,} installed")
    for path, size in sorted(files.items(), key=lambda item: -item[1])[:8]:
        print(f"  {size:9,} {path}")
    return problems


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.exit("\n".join(found) if found else 0)
