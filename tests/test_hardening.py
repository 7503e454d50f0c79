"""No call crashes, hangs, or leaves anything behind, whatever it is given and whatever happens around it."""

import asyncio
import gc
import multiprocessing
import os
import subprocess
import sys
import textwrap
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cases import LOGITS, PROBABILITIES
from oracle import assert_same_bits

import bcekit

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals, forks and limits")


def python(program, *, timeout=300, **environment):
    """Run a program in a process of its own and return what it printed; it must end well and soon."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# -- memory ------------------------------------------------------------------------------------------------------------


class Larger(np.ndarray):
    shape = (5000,)


class Wider(np.ndarray):
    dtype = np.dtype(np.float64)


@pytest.mark.parametrize(
    ("kind", "lie", "shape"),
    [(float, Larger, (5,)), (float, Larger, (50, 100)), (np.float16, Wider, (5000,)), (np.float32, Wider, (5000,))],
)
def test_subclasses_that_lie_are_not_believed(kind, lie, shape):
    """What counts is what the memory is, not what Python attributes say."""
    x, out = np.zeros(5000), np.zeros(shape, kind).view(lie)
    if np.asarray(out).shape == x.shape:
        bcekit.sigmoid(x, out=out)
        np.testing.assert_array_equal(np.asarray(out), 0.5)
    else:
        with pytest.raises(ValueError, match="out"):
            bcekit.sigmoid(x, out=out)
        assert not np.asarray(out).any()


@pytest.mark.parametrize("lie", [Larger, Wider])
def test_arguments_that_lie_are_not_believed(lie):
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    assert_same_bits(bcekit.sigmoid(x.view(lie)), bcekit.sigmoid(x))
    assert_same_bits(LOGITS.value(x, x.view(lie), check=False), LOGITS.value(x, x, check=False))


@pytest.mark.parametrize("where", ["input", "target", "weight", "grad_output"])
@pytest.mark.parametrize("size", [7, 64, 1000, 70_000])
def test_gradient_over_any_argument(where, size, random):
    arguments = {name: random.random(size) for name in ("input", "target", "weight", "grad_output")}
    want = LOGITS.grad(**arguments, reduction="none")
    assert_same_bits(LOGITS.grad(**arguments, reduction="none", out=arguments[where]), want)


@pytest.mark.parametrize("size", [7, 64, 1000, 70_000])
def test_pairs_of_results_over_arguments(size, random):
    x, t, w, g = (random.random(size) for _ in range(4))
    want = LOGITS.grad_and_hess(x, t, w, grad_output=g, reduction="none")
    for outs in ((g, None), (None, g), (w, g), (t, x)):
        copies = {id(a): a.copy() for a in (x, t, w, g)}
        got = LOGITS.grad_and_hess(
            *(copies[id(a)] for a in (x, t, w)),
            grad_output=copies[id(g)],
            reduction="none",
            out=tuple(None if out is None else copies[id(out)] for out in outs),
        )
        for a, b in zip(got, want, strict=True):
            assert_same_bits(a, b)
    want = LOGITS.value_and_grad(x, t, w, reduction="weighted_mean")
    got = LOGITS.value_and_grad(x, t, w, reduction="weighted_mean", out=(None, w))
    for a, b in zip(got, want, strict=True):
        assert_same_bits(a, b)


def test_results_side_by_side(random):
    """The two columns of one array share bounds, not memory."""
    x, both = random.normal(size=1000), np.empty((1000, 2))
    want = LOGITS.grad_and_hess(x, 1)
    LOGITS.grad_and_hess(x, 1, out=(both[:, 0], both[:, 1]))
    for column, result in zip(both.T, want, strict=True):
        assert_same_bits(column.copy(), result)
    with pytest.raises(ValueError, match="out"):
        LOGITS.grad_and_hess(x, 1, out=(both[:, 0], both[:, 0]))


def test_elements_that_lie_in_one_place():
    same = np.lib.stride_tricks.as_strided(np.array([3.0]), (1000,), (0,))
    bcekit.sigmoid(same, out=same)
    assert same[0] == bcekit.sigmoid(3.0)


def test_bools_of_other_bytes():
    """NumPy takes any byte but 0 for true."""
    odd = np.array([0, 1, 2, 255], np.uint8).view(bool)
    plain = np.array([False, True, True, True])
    x = np.array([0.5, 1.0, 2.0, 3.0])
    for name in ("target", "weight", "where"):
        arguments = {"target": 1} | {name: plain}
        assert_same_bits(
            LOGITS.value(x, **(arguments | {name: odd}), reduction="none"),
            LOGITS.value(x, **arguments, reduction="none"),
        )


@pytest.mark.parametrize("ndim", [32] if np.lib.NumpyVersion(np.__version__) < "2.0.0" else [32, 33, 64])
def test_many_dimensions(ndim):
    """As many as NumPy has."""
    x = np.zeros((1,) * (ndim - 2) + (3, 2))
    assert bcekit.sigmoid(x).shape == x.shape
    assert LOGITS.value(x, 1, axis=-1).shape == x.shape[:-1]
    assert LOGITS.grad(x, 1, x + 1, where=x == 0, axis=(0, -1), reduction="weighted_mean").shape == x.shape
    with pytest.raises(ValueError, match="target"):
        LOGITS.value(x, x + 2, where=x == 0)
    # Dimensions that cannot be merged: as many as there may be, or an error.
    step = np.zeros((2,) * 12, np.float32)[(slice(None, None, -1), slice(None)) * 6].reshape(
        (1,) * (ndim - 12) + (2,) * 12
    )
    assert LOGITS.value(step, 1) == LOGITS.value(np.float32(0), 1)


@pytest.mark.skipif(sys.maxsize < 2**32, reason="with 32 bits NumPy itself refuses a view of 2**58 elements")
def test_no_memory_for_the_result():
    """A view as large as can be costs nothing; what it asks for is refused, not attempted."""
    vast = np.broadcast_to(np.uint8(1), 2**58)
    for call in (
        lambda: bcekit.sigmoid(vast),
        lambda: LOGITS.grad(vast, 1),
        lambda: LOGITS.value(vast[None], 1, axis=0),
        lambda: LOGITS.value(vast, 1, reduction="none"),
    ):
        with pytest.raises(MemoryError):
            call()


@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit the address space")
def test_out_of_memory():
    """MemoryError wherever it strikes, and all is well afterwards."""
    printed = python("""
        import resource, sys
        import numpy as np, bcekit
        x = np.zeros((3_000_000, 2))
        with bcekit.threads(3):
            bcekit.sigmoid(x)
            used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used, resource.RLIM_INFINITY))
            try:
                np.empty(1 << 28, np.uint8)
            except MemoryError:
                refused = 0
            else:
                sys.exit(print("without limits"))
            for spare in range(0, 130_000_000, 3_000_000):
                resource.setrlimit(resource.RLIMIT_AS, (used + spare, resource.RLIM_INFINITY))
                for call in (
                    lambda: bcekit.sigmoid(x),
                    lambda: bcekit.binary_cross_entropy_with_logits(x, 1, axis=1),
                    lambda: bcekit.binary_cross_entropy_with_logits_grad_and_hess(x, 1),
                    lambda: bcekit.binary_cross_entropy_with_logits_grad(x, 1, where=x == 0, axis=0),
                ):
                    try:
                        call()
                    except MemoryError:
                        refused += 1
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert refused > 10, refused
            assert (bcekit.sigmoid(x) == 0.5).all()
    """)
    if "without limits" in printed:
        pytest.skip("this system takes the limit and ignores it, as qemu does: memory cannot be made to run out")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_more_than_two_to_the_31(dtype):
    size = 2**31 + 5
    x = np.broadcast_to(dtype(0.5), size)
    one = float(LOGITS.value(dtype(0.5), 1))
    assert LOGITS.value(x, 1) == dtype(one)
    for row, axis in ((x[None], 1), (x[:, None], 0)):
        total = LOGITS.value(row, 1, reduction="sum", axis=axis)
        assert total.shape == (1,)
        np.testing.assert_allclose(total.astype(float), dtype(one * size), rtol=1e-6)
    target = np.broadcast_to(np.uint8(0), size)
    with pytest.raises(ValueError, match="target"):
        LOGITS.value(x, np.broadcast_to(np.uint8(2), size))
    assert PROBABILITIES.value(x, target) > 0


# -- threads -----------------------------------------------------------------------------------------------------------


def calls(size):
    """Calls of several kinds, each with what it gives alone."""
    random = np.random.default_rng(size)
    x, t, w = random.normal(size=(3, size))
    t = abs(t) % 1
    table, labels = x[: size // 50 * 50].reshape(-1, 50), t[: size // 50 * 50].reshape(-1, 50)
    kinds = [
        lambda: bcekit.softplus(x),
        lambda: LOGITS.value_and_grad(x, t, w),
        lambda: LOGITS.value(table, labels, axis=0),
        lambda: LOGITS.value(table, labels, axis=1, reduction="weighted_mean", weight=table**2),
        lambda: bcekit.sigmoid_focal_loss_grad_and_hess(x.astype(np.float32), t),
        lambda: LOGITS.grad(table, labels, where=table > 0, axis=0),
    ]
    with bcekit.threads(1):
        return [(kind, kind()) for kind in kinds]


def assert_equal(got, want):
    for a, b in zip(
        got if isinstance(got, tuple) else (got,), want if isinstance(want, tuple) else (want,), strict=True
    ):
        assert_same_bits(a, b)


def test_all_kinds_of_calls_from_many_threads():
    kinds = calls(200_000)

    def some(seed):
        random = np.random.default_rng(seed)
        for _ in range(15):
            kind, want = kinds[random.integers(len(kinds))]
            with bcekit.threads(int(random.integers(1, 6))):
                assert_equal(kind(), want)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(some, range(12)))


def test_numbers_of_threads_are_of_tasks_and_threads():
    """What one task sets, another does not see."""

    async def task(n):
        with bcekit.threads(n):
            for _ in range(3):
                await asyncio.sleep(0.001)
                assert bcekit.get_num_threads() == n
        return bcekit.get_num_threads()

    async def tasks():
        return await asyncio.gather(*map(task, range(1, 9)))

    before = bcekit.get_num_threads()
    assert set(asyncio.run(tasks())) == {before}
    with bcekit.threads(before + 3), ThreadPoolExecutor(1) as pool:
        assert pool.submit(bcekit.get_num_threads).result() == before


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_no_more_threads(allowed):
    """The system's limit on threads costs speed and nothing else, again and again."""
    python(f"""
        import threading
        import numpy as np, bcekit
        started, start = 0, threading.Thread.start
        def limited(self):
            global started
            if started >= {allowed}:
                raise RuntimeError("can't start new thread")
            started += 1
            start(self)
        threading.Thread.start = limited
        x, out = np.zeros(3_000_000), np.empty(3_000_000)
        with bcekit.threads(4):
            for _ in range(20):
                out[:] = 7
                bcekit.sigmoid(x, out=out)
                assert (out == 0.5).all()
    """)


def test_small_stacks():
    """128 KiB, what musl gives a thread, are enough."""
    python("""
        import threading
        import numpy as np, bcekit
        threading.stack_size(1 << 17)
        x, done = np.zeros((9000, 33)), []
        def work():
            with bcekit.threads(3):
                done.append(bcekit.binary_cross_entropy_with_logits_value_and_grad(x, 0.5, x + 1, axis=0))
                done.append(bcekit.sigmoid_focal_loss_grad_and_hess(x.astype("f4"), 0.5))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(done) == 2
    """)


def test_arrays_are_let_go():
    """Nothing keeps an argument or a result alive, however the call ended."""
    arrays = {name: np.full(200_000, value) for name, value in (("x", 0.5), ("good", 1.0), ("bad", 2.0), ("out", 0.0))}
    with bcekit.threads(4):
        for _ in range(20):
            LOGITS.grad(arrays["x"], arrays["good"], reduction="none", out=arrays["out"])
            with pytest.raises(ValueError, match="target"):
                LOGITS.grad(arrays["x"], arrays["bad"], reduction="none", out=arrays["out"])
    alive = [weakref.ref(array) for array in arrays.values()]
    arrays.clear()
    end = time.perf_counter() + 5
    while any(ref() is not None for ref in alive) and time.perf_counter() < end:
        gc.collect()  # errors and their tracebacks; and a worker may still be putting the last call down
    assert [ref() for ref in alive] == [None] * 4


# -- signals -----------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_comes_soon(threads):
    """A call of a minute ends at once."""
    python(
        f"""
        import signal, sys, threading, time
        import numpy as np, bcekit
        size = min(1 << 36, sys.maxsize >> 4)  # 32 bits allow no more, and take as long for it
        calls = [
            lambda: bcekit.binary_cross_entropy_with_logits(np.broadcast_to(0.5, size), 1),
            lambda: bcekit.binary_cross_entropy_with_logits(np.broadcast_to(0.5, (size // 32, 32)), 1, axis=0),
            lambda: bcekit.sigmoid_focal_loss(np.broadcast_to(0.5, size), 0.3, gamma=1.7),
        ]
        with bcekit.threads({threads}):
            for call in calls:
                threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
                start = time.perf_counter()
                try:
                    call()
                except KeyboardInterrupt:
                    took = time.perf_counter() - start
                    print(f"{{took:.3f}}")
                    assert took < 5, took  # some tenths; but machines are shared
                else:
                    raise AssertionError("not interrupted")
        assert bcekit.sigmoid(0.0) == 0.5
        """
    )


INTERRUPTED = """
    import random, signal, time
    import numpy as np, bcekit
    def interrupt(*_):
        if armed:
            raise KeyboardInterrupt
    signal.signal(signal.SIGALRM, interrupt)
    random.seed({seed})
    x = np.random.default_rng(0).normal(size=200_000)
    want, out = bcekit.sigmoid(x), np.empty(x.size)
    caught, armed, end = 0, False, time.perf_counter() + {seconds}
    with bcekit.threads(3):
        while time.perf_counter() < end:
            out[:] = 7
            again = 1e-4 if random.random() < 0.3 else 0
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, random.random() * 1e-3 + 1e-6, again)
                bcekit.sigmoid(x, out=out)
                armed = False
                assert (out == want).all()
            except KeyboardInterrupt:
                armed = False
                caught += 1
                then = out.copy()
                time.sleep(3e-4)
                assert (then == out).all(), "written to after the call"
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, lambda *_: bcekit.softplus(x))  # a handler may call as well
        for _ in range(100):
            signal.setitimer(signal.ITIMER_REAL, random.random() * 5e-4 + 1e-6)
            bcekit.sigmoid(x, out=out)
            assert (out == want).all()
        time.sleep(0.01)
    print(caught)
"""


@POSIX
@pytest.mark.slow  # it needs a machine that is not busy with other things
def test_ctrl_c_at_any_moment():
    """Wherever it strikes, nothing hangs, now or when Python ends."""
    assert int(python(INTERRUPTED.format(seed=1, seconds=2))) > 20


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_ctrl_c_at_any_moment_for_long(seed):
    assert int(python(INTERRUPTED.format(seed=seed, seconds=20))) > 200


# -- processes ---------------------------------------------------------------------------------------------------------


# macOS's own libraries do not survive a fork, which is why Python does not fork there by itself.
START_METHODS = [m for m in multiprocessing.get_all_start_methods() if (m, sys.platform) != ("fork", "darwin")]


def one_large_call(seed):
    x = np.random.default_rng(seed).normal(size=200_000)
    with bcekit.threads(3):
        return LOGITS.value_and_grad(x, 1)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", START_METHODS)
def test_processes(method):
    """Each has threads of its own, also when it was forked from one that has some."""
    want = [one_large_call(seed) for seed in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        for got, result in zip(pool.map(one_large_call, range(4)), want, strict=True):
            assert_equal(got, result)


@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS's own libraries do not survive a fork")
def test_fork_while_other_threads_are_in_calls():
    python("""
        import os, threading, warnings
        import numpy as np, bcekit
        warnings.simplefilter("ignore")
        bcekit.set_num_threads(3)
        x = np.linspace(-5, 5, 200_000)
        want, stop = bcekit.sigmoid(x), threading.Event()
        def work():
            while not stop.is_set():
                bcekit.sigmoid(x)
        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for _ in range(30):
            child = os.fork()
            if child == 0:
                good = all((bcekit.sigmoid(x) == want).all() for _ in range(3))
                os._exit(0 if good else 3)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        stop.set()
        for worker in workers:
            worker.join()
    """)


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "os._exit(0)"], ids=["end", "exit", "_exit"])
def test_python_ends_while_a_daemon_is_in_a_call(ending):
    python(f"""
        import os, sys, threading, time
        import numpy as np, bcekit
        bcekit.set_num_threads(3)
        x = np.broadcast_to(0.5, min(1 << 36, sys.maxsize >> 4))
        def work():
            bcekit.binary_cross_entropy_with_logits(x, 1)
        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
        {ending}
    """)


def test_calls_while_python_ends():
    """From atexit, from finalizers, and from a thread that outlives main."""
    printed = python("""
        import atexit, threading, time
        import numpy as np, bcekit
        bcekit.set_num_threads(3)
        x = np.zeros(300_000)
        def call(name):
            print(name, (bcekit.sigmoid(x) == 0.5).all(), flush=True)
        class Last:
            def __del__(self):
                call("finalizer")
        call("main")
        last = Last()
        atexit.register(call, "atexit")
        threading.Thread(target=lambda: (time.sleep(0.3), call("thread"))).start()
    """)
    assert printed.splitlines()[:3] == ["main True", "thread True", "atexit True"]


def test_import_from_many_threads_at_once():
    python("""
        import threading
        go, results = threading.Barrier(8), []
        def work():
            go.wait()
            import bcekit
            results.append(bcekit.sigmoid([0.0] * 200_000)[-1])
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [0.5] * 8, results
    """)


def test_workers_do_not_keep_the_interpreter_alive():
    start = time.perf_counter()
    python("import numpy as np, bcekit; bcekit.set_num_threads(4); bcekit.sigmoid(np.zeros(1_000_000))")
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("odd", [np.nan, -0.0])
def test_gradient_over_the_labels_of_many_columns(dtype, odd):
    """Sums side by side are made some columns at a time; labels that a gradient has replaced are not checked again."""
    x = np.broadcast_to(np.ones((32, 1), dtype), (32, 33))
    t = np.asfortranarray(np.ones((32, 33), dtype))
    t[3, 32] = odd
    entry = bcekit.binary_cross_entropy_with_logits_value_and_grad
    want = entry(x, t.copy(), reduction="sum", axis=0)
    got = entry(x, t, reduction="sum", axis=0, out=(np.empty(33, dtype), t))
    for result, expected in zip(got, want, strict=True):
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_floor_of_zero(dtype):
    """The loss is +0 then, beside hard labels and soft ones."""
    for t in ([1, 0], [1, 0.25]):
        loss = bcekit.binary_cross_entropy(np.array([0.3, 0.5], dtype), t, reduction="none", log_floor=0.0)
        assert not np.signbit(loss).any()
