"""A campaign of faults: what the project promises of files, runs and downloads, tried by the thousand.

    make stress                                    a sample of all parts, in an hour
    python -m tests.stress images --budget 30      one part, at most so many minutes
    python -m tests.stress images --trial 1234     one trial again, with what it did

A trial is a number: with the campaign's seed it says which fault is tried, so that one that lost something can be had
again. A broken-off campaign goes on.
"""
