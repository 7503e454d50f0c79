"""Threads, the environment, and what the package says about itself."""

import os
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cases import LOGITS

import bcekit

LARGE = 300_000


def run(*command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_threads_is_a_context():
    before = bcekit.get_num_threads()
    with bcekit.threads(3):
        assert bcekit.get_num_threads() == 3
        with bcekit.threads(1):
            assert bcekit.get_num_threads() == 1
        assert bcekit.get_num_threads() == 3
    assert bcekit.get_num_threads() == before
    with pytest.raises(KeyError), bcekit.threads(2):
        raise KeyError
    assert bcekit.get_num_threads() == before


def test_set_num_threads():
    before = bcekit.get_num_threads()
    assert before >= 1
    try:
        bcekit.set_num_threads(5)
        assert bcekit.get_num_threads() == 5
        with bcekit.threads(2):
            assert bcekit.get_num_threads() == 2
    finally:
        bcekit.set_num_threads(None)
    assert bcekit.get_num_threads() == before


@pytest.mark.parametrize(
    ("count", "error"),
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError), (True, TypeError)],
    ids=repr,
)
def test_number_of_threads_is_checked(count, error):
    before = bcekit.get_num_threads()
    with pytest.raises(error, match=r"integer|at least 1"):
        bcekit.set_num_threads(count)
    with pytest.raises(error, match=r"integer|at least 1"):
        bcekit.threads(count)
    assert bcekit.get_num_threads() == before


def test_environment_sets_the_number_of_threads():
    program = "import bcekit; print(bcekit.get_num_threads())"
    assert run("-c", program, BCEKIT_NUM_THREADS="7").stdout.strip() == "7"
    for wrong in ("0", "many", "-1"):
        result = run("-c", program, BCEKIT_NUM_THREADS=wrong)
        assert result.returncode != 0
        assert "BCEKIT_NUM_THREADS" in result.stderr


def test_unknown_instruction_set_is_an_error():
    result = run("-c", "import bcekit", BCEKIT_ISA="v9")
    assert result.returncode != 0
    assert "BCEKIT_ISA" in result.stderr
    assert "baseline" in result.stderr


def test_module_prints_its_configuration():
    result = run("-m", "bcekit")
    assert result.returncode == 0, result.stderr
    for part in (bcekit.__version__, np.__version__, "baseline", "threads"):
        assert part in result.stdout


def test_configuration_follows_the_environment():
    result = run("-m", "bcekit", BCEKIT_ISA="baseline", BCEKIT_NUM_THREADS="3")
    assert "baseline" in result.stdout
    assert "3" in result.stdout


def test_calls_from_many_threads(random):
    """Many callers, each with its own threads underneath."""
    x, t = random.normal(size=LARGE), random.random(LARGE)
    want = LOGITS.value_and_grad(x, t)

    def call(_):
        with bcekit.threads(4):
            return LOGITS.value_and_grad(x, t)

    with ThreadPoolExecutor(4) as pool:
        for value, grad in pool.map(call, range(12)):
            assert value == want[0]
            np.testing.assert_array_equal(grad, want[1])


def test_errors_come_back_from_threads(random):
    x, target = random.normal(size=LARGE), np.zeros(LARGE)
    target[[LARGE // 2, LARGE - 1]] = 2
    with bcekit.threads(4):
        with pytest.raises(ValueError, match=rf"\b{LARGE // 2}\b"):
            LOGITS.value(x, target)
        assert np.isfinite(LOGITS.value(x, 0))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS's own libraries do not survive a fork")
def test_works_after_a_fork():
    """The parent's pool does not exist in the child, which makes its own."""
    program = f"""
import os, sys, warnings
import numpy as np, bcekit
warnings.simplefilter("ignore")  # Python's own about forking with threads
bcekit.set_num_threads(2)
x = np.linspace(-5, 5, {LARGE})
want = bcekit.binary_cross_entropy_with_logits(x, 1)
child = os.fork() if hasattr(os, "fork") else sys.exit()  # nothing to show on Windows
if child == 0:
    os._exit(0 if bcekit.binary_cross_entropy_with_logits(x, 1) == want else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    result = run("-c", program)
    assert result.returncode == 0, result.stderr


def test_the_interpreter_is_free_while_kernels_run():
    """Another thread makes progress during one call; if the interpreter were kept, none, however long it takes."""
    size, elapsed, ticks = 1_000_000, 0.0, []
    while len(ticks) <= 5 and elapsed < 5:  # a busy machine may need a longer call
        size *= 2
        x = np.broadcast_to(np.float64(0.5), size)
        ticks, done = [], threading.Event()

        def tick(ticks=ticks, done=done):
            while not done.wait(0.001):
                ticks.append(None)

        clock = threading.Thread(target=tick)
        with bcekit.threads(1):
            clock.start()
            start = time.perf_counter()
            LOGITS.value(x, 1)
            elapsed = time.perf_counter() - start
            done.set()
            clock.join()
    assert len(ticks) > 5


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python always has the GIL")
def test_the_gil_stays_off():
    """Neither bcekit nor what these tests import brings it back."""
    assert not sys._is_gil_enabled()
    assert run("-c", "import sys, bcekit; print(sys._is_gil_enabled())").stdout.strip() == "False"


def test_importing_is_light():
    """NumPy and the standard library alone."""
    program = """
import sys
before = set(sys.modules)
import bcekit
added = {name.partition(".")[0] for name in set(sys.modules) - before}
known = sys.stdlib_module_names
print(sorted(name for name in added if name not in known and name[0] != "_" and "cython" not in name))
"""
    result = run("-c", program)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "['bcekit', 'numpy']"  # and not ml_dtypes, which it knows when it meets it
