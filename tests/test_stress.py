"""The campaign of faults itself: it notices what is lost, goes on, and says the same again."""

import os
import sys
import time

from tests.stress.campaign import Campaign, Part

TRIALS = 8
SEED = 10  # all ways within eight trials, and only one that takes long


class Losing(Part):
    """Loses something in some of its trials."""

    whole = TRIALS
    seconds = 3

    def trial(self, rng):
        number = int(rng.integers(10**6))
        ways = {0: lambda: "lost", 1: lambda: 1 / 0, 2: lambda: os._exit(7), 3: lambda: time.sleep(60)}
        ways[4] = lambda: print("a library's word", file=sys.stderr)
        return ways.get(number % 6, lambda: None)()


def test_every_way_to_lose_is_seen_and_the_next_call_goes_on(tmp_path):
    def campaign():
        return Campaign({"losing": Losing}, tmp_path, seed=SEED)

    campaign().run("losing", minutes=1)
    again = campaign()
    account = again.accounts["losing"]
    assert account.done == TRIALS
    lost = dict(account.lost)
    told = " ".join(lost.values())
    for number, what in lost.items():
        if what == "lost":
            assert again.repeat("losing", number) == "lost"
    assert {"ZeroDivisionError" in told, "status 7" in told, "more than 3 s" in told} == {True}
    assert "to the terminal: a library's word" in told
    assert f"| losing | {TRIALS} | 100% of {TRIALS} |" in again.table()
    begun = time.monotonic()
    again.run("losing", minutes=1)
    assert time.monotonic() - begun < 1
