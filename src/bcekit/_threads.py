"""How many threads a large call uses, and the pool that they come from.

A call is cut into units (fixed by the shapes alone); threads take pieces of consecutive units until none is left, the
calling thread among them. Results do not depend on who did what. One call at a time uses the pool: a call that comes
meanwhile, from another thread, runs in that thread alone, so that bcekit inside somebody's thread pool never adds a
second level of threads.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from queue import SimpleQueue
from typing import TYPE_CHECKING, SupportsIndex

from bcekit import _engine
from bcekit._arguments import to_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

#: Pieces per thread: enough that a late thread does not hold up the rest, few enough to cost nothing.
PIECES = 8

_chosen: int | None = None  # by set_num_threads or the environment; None: not yet asked
_local: ContextVar[int | None] = ContextVar("bcekit_threads", default=None)


class Pool:
    """The workers of this process, and who has them."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Know of no worker: a forked child has none of its parent's."""
        self.gate = threading.RLock()  # held for a few instructions; a signal handler may call bcekit meanwhile
        self.user: weakref.ref[_engine.Call] | None = None  # gone with its call, if that was interrupted
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.workers = 0


_pool = Pool()


def usable_cpus() -> int:
    """Return the number of CPUs that this process may use: affinity and cgroup quota respected."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        count = os.cpu_count() or 1
    return max(1, min(count, cgroup_limit()))


def cgroup_limit(root: str = "/sys/fs/cgroup") -> int:
    """Return the CPU quota of the container, rounded up, or a large number."""
    none = 1 << 30
    try:
        version_2 = f"{root}/cpu.max"
        if os.path.exists(version_2):
            quota, period = read(version_2).split()[:2]
        else:
            quota, period = read(f"{root}/cpu/cpu.cfs_quota_us"), read(f"{root}/cpu/cpu.cfs_period_us")
        if quota.strip() == "max" or int(quota) <= 0:
            return none
        return max(1, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):
        return none


def read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def set_num_threads(n: SupportsIndex | None) -> None:
    """Set how many threads a large call may use, in the whole process.

    Parameters
    ----------
    n : int or None
        At least 1. ``None`` returns to the default: ``BCEKIT_NUM_THREADS`` if it is set, else the CPUs that this
        process may use (affinity and container limits respected).

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or less than 1.

    See Also
    --------
    threads : The same for a block of code.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.set_num_threads(2)
    >>> bcekit.get_num_threads()
    2
    >>> bcekit.set_num_threads(None)
    """
    global _chosen  # noqa: PLW0603 - one setting per process is what the function is for
    _chosen = default() if n is None else to_count(n, "n")


def get_num_threads() -> int:
    """Return how many threads a large call may use here.

    Returns
    -------
    int
        The number of the innermost ``with threads(n)``, else that of `set_num_threads`, else the default.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.get_num_threads() >= 1
    True
    """
    here = _local.get()
    if here is not None:
        return here
    if _chosen is None:
        set_num_threads(None)
    return _chosen or 1


def threads(n: SupportsIndex) -> AbstractContextManager[None]:
    """Use at most `n` threads inside a ``with`` block, in this thread or task only.

    Results are the same, bit for bit, for every number of threads.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or less than 1.

    Examples
    --------
    >>> import bcekit
    >>> with bcekit.threads(1):
    ...     bcekit.get_num_threads()
    1
    """
    return limited(to_count(n, "n"))


@contextmanager
def limited(count: int) -> Iterator[None]:
    token = _local.set(count)
    try:
        yield
    finally:
        _local.reset(token)


def default() -> int:
    """Return the number of threads to begin with."""
    text = os.environ.get("BCEKIT_NUM_THREADS", "")
    if not text:
        return usable_cpus()
    try:
        return to_count(int(text), "BCEKIT_NUM_THREADS")
    except ValueError:
        raise ValueError(f"BCEKIT_NUM_THREADS must be an integer of at least 1, got {text!r}") from None


def worker(jobs: SimpleQueue[Callable[[], None]]) -> None:
    """Do jobs for ever."""
    while True:
        jobs.get()()


def recruit(count: int) -> int:
    """Have up to `count` workers, and return how many there are (fewer at the system's limit or while Python ends)."""
    with suppress(RuntimeError):
        while _pool.workers < count:
            # A daemon: it holds no resources, and Python must not wait for what waits for ever.
            threading.Thread(target=worker, args=(_pool.jobs,), name="bcekit", daemon=True).start()
            _pool.workers += 1
    return min(count, _pool.workers)


def run(call: _engine.Call, units: int, count: int) -> int:
    """Do all units of a call with up to `count` threads and return the faults found."""
    with _pool.gate:
        alone = _pool.user is not None and _pool.user() is not None
        if not alone:
            _pool.user = weakref.ref(call)
    if alone:
        return call.run(0, units)
    try:
        return share(call, units, count)
    finally:
        _pool.user = None


def share(call: _engine.Call, units: int, count: int) -> int:
    """Do all units with the workers and the calling thread.

    Ctrl-C can raise KeyboardInterrupt between any two instructions here (but not in the workers). So what main and
    workers share is guarded by plain locks in `with`, which Python leaves as it should, and main's own state is not
    among it. The caller, compiled code that Ctrl-C cannot enter, then waits for the workers.
    """
    size = max(1, units // (count * PIECES))
    starts = iter(range(0, units, size))
    lock = threading.Lock()
    idle = threading.Lock()  # held while workers are at it
    active = faults = 0
    failure: BaseException | None = None

    def work() -> None:
        nonlocal active, faults, failure, starts
        with lock:
            start = next(starts, None)
            if start is None:
                return
            active += 1
            if active == 1:
                idle.acquire()
        while start is not None:
            found = 0
            problem = None
            try:
                found = call.run(start, min(start + size, units))
            except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
                problem = error
            with lock:
                if found or problem:
                    faults |= found
                    failure = failure or problem
                    starts = iter(())  # nobody need look further
                start = next(starts, None)
                if start is None:
                    active -= 1
                    if not active:
                        idle.release()

    for _ in range(recruit(count - 1)):
        _pool.jobs.put(work)
    while True:
        with lock:
            start = next(starts, None)
        if start is None:
            break
        found = call.run(start, min(start + size, units))
        if found:
            with lock:
                faults |= found
                starts = iter(())
    idle.acquire()
    if failure is not None:
        raise failure
    return faults


_engine.use_threads(run, get_num_threads)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.start_anew)
