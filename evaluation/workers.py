"""Processes that measure pictures beside each other: in threads, Python's lock lets nearly one at a time work."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from data_loader.errors import UserError
from models.memory import keep_freed_memory


class Workers:
    """As many processes as there are processors, started when there is work for them; to be used in a `with` block.

    They import the script that runs anew, which therefore must do its work below `if __name__ == "__main__":`.

    Args:
        count: of processes; with 1 the work is done in this one.
    """

    def __init__(self, count=1):
        self.count, self.pool = count, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def map(self, function, tasks):
        """Yield `function(*task)` of each task, in order.

        Args:
            function: of a module, so that another process can import it.
            tasks: iterator of tuples; only as many are taken ahead as keep the processes at work.

        Raises:
            UserError: a process was killed.
        """
        if self.count < 2:
            yield from (function(*task) for task in tasks)
            return
        if not self.pool:
            # Not by a fork: that would copy a backend's locks in whatever state they are.
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.count, context, initializer=_begin)
        try:
            yield from self._in_order(function, tasks)
        except BrokenProcessPool as error:
            raise UserError(
                "a process that measured was killed, perhaps for want of memory: type the same command again."
            ) from error

    def _in_order(self, function, tasks):
        waiting = deque()
        for task in tasks:
            with _interrupts_held_back():
                waiting.append(self.pool.submit(function, *task))
            if len(waiting) > self.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _interrupts_held_back():
    """A block within which Ctrl-C waits, and whose new processes never see it: it is for who started them."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def usable_cpus():
    """Processor cores that this process may use, which can be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _begin():
    """Prepare a process: it ends with the one that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
