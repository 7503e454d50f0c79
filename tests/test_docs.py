"""The examples in the README, the documentation and the docstrings print what they say."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import bcekit

ROOT = Path(__file__).parent.parent
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if path.exists()]
MODULES = [name for _, name, _ in pkgutil.iter_modules(bcekit.__path__) if not name.startswith("_")]
# doctest takes the place of sys.stdout, for all threads
pytestmark = pytest.mark.thread_unsafe
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(test: doctest.DocTest) -> None:
    runner, report = doctest.DocTestRunner(optionflags=FLAGS), []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_page(page):
    """The `pycon` blocks of a page are one session."""
    blocks = re.findall(r"^```pycon\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    run(doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0))


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, subtests):
    module = importlib.import_module(f"bcekit.{name}")
    for test in doctest.DocTestFinder().find(module, extraglobs={"np": np, "bk": bcekit, "bcekit": bcekit}):
        with subtests.test(test.name):
            run(test)
