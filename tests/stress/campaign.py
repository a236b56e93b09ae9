"""Parts, their trials, each watched from outside, and what is written down of them."""

import json
import multiprocessing.connection
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_loader.files import progress_bar, write_text

TOLD = 300  # characters of what was lost
LAST_WORDS = 20  # seconds that a process has to end by itself
LOST_LISTED = 20


class Part:
    """A kind of faults. A subclass says how many trials a `whole` campaign has, and what one does.

    `seconds` is the most that a trial may take, `gigabytes` what its process may have, None for any; `speaks` says that
    commands are called, which tell something to the terminal. `at_once` trials are done at the same time.
    """

    whole = 1000
    at_once = 1
    seconds = 30
    gigabytes = None
    speaks = False

    def __init__(self, folder):
        self.folder = Path(folder)

    def prepare(self):
        """Make what all trials need; called once in the process that does them."""

    def trial(self, rng):
        """Try the fault that `rng` says; gives None, or in a sentence what was lost or went wrong."""
        raise NotImplementedError

    def end(self):
        """End what `prepare` began."""


@dataclass
class Account:
    """What is known of a part: trials done, minutes they took, and those that lost something, (trial, sentence)."""

    done: int = 0
    minutes: float = 0.0
    lost: list = field(default_factory=list)


class Campaign:
    """Trials of parts, name to class, with a seed; the accounts are kept in a folder, where the next call goes on."""

    def __init__(self, parts, folder, seed):
        self.parts, self.folder, self.seed = parts, Path(folder), seed
        self.file = self.folder / f"seed{seed}.json"
        kept = json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}
        self.accounts = {name: Account(**kept.get(name, {})) for name in parts}

    def run(self, name, minutes):
        """Do a part's trials, from the first that was not done; after so many minutes none is begun."""
        part, account = self.parts[name], self.accounts[name]
        # What was under way when a campaign was broken off is tried again.
        account.lost = [entry for entry in account.lost if entry[0] < account.done]
        begun, before, done = time.monotonic(), account.minutes, set()
        numbers, idle, busy = iter(range(account.done, part.whole)), [], []
        with progress_bar(total=part.whole, initial=account.done, desc=name, unit="trial", delay=0) as bar:
            try:
                while True:
                    while len(busy) < part.at_once and time.monotonic() < begun + 60 * minutes:
                        if (number := next(numbers, None)) is None:
                            break
                        busy.append(idle.pop() if idle else Worker(part, self.seed, name))
                        busy[-1].begin(number)
                    if not busy:
                        break
                    for worker in _with_an_answer(busy):
                        busy.remove(worker)
                        if lost := worker.answer():
                            account.lost.append([worker.number, lost[:TOLD]])
                            bar.write(f"{name}, trial {worker.number}: {lost[:TOLD]}", file=sys.stderr)
                        if worker.is_alive():
                            idle.append(worker)
                        done.add(worker.number)
                        while account.done in done:
                            account.done += 1
                        account.minutes = before + (time.monotonic() - begun) / 60
                        self.keep()
                        bar.update()
            finally:
                for worker in (*idle, *busy):
                    worker.end()

    def repeat(self, name, number):
        """Do one trial again, in this process; gives what it lost, or None."""
        with tempfile.TemporaryDirectory() as folder:
            part = self.parts[name](folder)
            try:
                part.prepare()
                return part.trial(generator(self.seed, name, number))
            finally:
                part.end()

    def keep(self):
        """Write the accounts down."""
        write_text(self.file, json.dumps({name: vars(account) for name, account in self.accounts.items()}, indent=1))

    def table(self):
        """The accounts as a Markdown table, and below it what was lost."""
        lines = ["| part | tried | of a whole campaign's | minutes | lost |", "|---|---|---|---|---|"]
        for name, account in self.accounts.items():
            share = f"{account.done / self.parts[name].whole:.0%} of {self.parts[name].whole:,}"
            lines.append(f"| {name} | {account.done:,} | {share} | {account.minutes:.1f} | {len(account.lost)} |")
        for name, account in self.accounts.items():
            lines += [f"\n{name}, trial {number}: {told}" for number, told in account.lost[:LOST_LISTED]]
        return "\n".join(lines)


class Worker:
    """A process that does a part's trials, so that one that crashes, hangs or takes all memory is an answer, too."""

    def __init__(self, part, seed, name):
        self.part = part
        spawn = multiprocessing.get_context("spawn")
        self.connection, there = spawn.Pipe()
        self.process = spawn.Process(target=_work, args=(part, seed, name, there))
        self.process.start()
        there.close()
        try:
            # What all trials need may take a while.
            is_ready = self.connection.poll(600) and self.connection.recv() == "ready"
        except EOFError:
            is_ready = False
        if not is_ready:
            self.end()
            raise RuntimeError(f"{name} cannot be prepared: see above.")

    def begin(self, number):
        """Let it do the trial of a number."""
        self.number, self.until = number, time.monotonic() + self.part.seconds
        self.connection.send(number)

    def answer(self):
        """What its trial lost, or None, once there is an answer or no more time."""
        try:
            if self.connection.poll():
                return self.connection.recv()
            self.end()
            return f"took more than {self.part.seconds} s"
        except (EOFError, ConnectionError):
            self.process.join()
            return f"its process ended with status {self.process.exitcode}"

    def is_alive(self):
        """Whether another trial can be asked of it."""
        return self.process.is_alive()

    def end(self):
        """End the process; one that is still busy in the middle of it, with all that it has begun."""
        with suppress(OSError):
            self.connection.send(None)
        self.process.join(LAST_WORDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()


def _with_an_answer(workers):
    """Those of some busy workers that have answered, ended or run out of time, once there is one."""
    soon = max(0, min(worker.until for worker in workers) - time.monotonic())
    ready = multiprocessing.connection.wait([worker.connection for worker in workers], soon)
    return [worker for worker in workers if worker.connection in ready or time.monotonic() > worker.until]


def _work(part_class, seed, name, connection):
    """Answer each number with what its trial lost; what a library writes to the terminal counts, too."""
    os.setsid()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as terminal:
        part = part_class(Path(folder))
        part.prepare()
        if part.gigabytes:
            resource.setrlimit(resource.RLIMIT_AS, (int(part.gigabytes * 2**30),) * 2)
        sys.stderr.flush()
        for stream in (1, 2):
            os.dup2(terminal.fileno(), stream)
        connection.send("ready")
        # Without a number it is to end, or whoever asked for it has.
        while (number := _next_number(connection)) is not None:
            sys.stdout.flush()
            spoken = terminal.seek(0, os.SEEK_END)
            try:
                lost = part.trial(generator(seed, name, number))
            except Exception:  # which no trial should raise
                lost = traceback.format_exc()[-TOLD:]
            sys.stdout.flush()
            if not (lost or part.speaks) and terminal.seek(0, os.SEEK_END) > spoken:
                terminal.seek(spoken)
                lost = f"to the terminal: {terminal.read().decode(errors='replace')}"
            connection.send(lost)
        part.end()


def _next_number(connection):
    try:
        return connection.recv()
    except EOFError:
        return None


def generator(seed, name, number):
    """All that is random in a trial."""
    return np.random.default_rng([seed, *name.encode(), number])
