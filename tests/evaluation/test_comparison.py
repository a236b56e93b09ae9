"""Two runs on the same pictures."""

import numpy as np
import pytest

from evaluation.statistics import compare, most_different, over_seeds


def test_a_clear_difference_is_one_and_is_not_alike():
    rng = np.random.default_rng(0)
    first = rng.uniform(90, 110, 60)
    found = compare(first, first + 20 + rng.normal(0, 1, 60), margin=6)
    assert found["difference"]["low"] < 20 < found["difference"]["high"]
    assert found["wilcoxon_p"] < 1e-6
    assert found["margin"] == 6
    assert not found["alike"]
    assert found["first_wins"]["mean"] == 1


def test_alike_needs_evidence_and_not_a_missing_difference():
    rng = np.random.default_rng(0)
    first = np.full(40, 100.0)
    close = compare(first, first + rng.normal(0, 2, 40), margin=6)
    assert close["wilcoxon_p"] > 0.05
    assert close["alike"]
    vague = compare(first[:5], first[:5] + np.array([-30, 30, -20, 25, -4.0]), margin=6)
    assert vague["wilcoxon_p"] > 0.05
    assert not vague["alike"]
    assert compare(first, first, margin=6)["alike"]
    # A single picture shows nothing.
    assert not compare(first[:1], first[:1] + 0.1, margin=6)["alike"]


def test_wins_by_hand_with_wilsons_interval():
    first, second = np.zeros(10), np.array([1, 1, 1, 1, 1, 1, -1, -1, 0, 0.0])
    wins = compare(first + 5, second + 5, margin=6)["first_wins"]
    assert wins["mean"] == 6 / 8
    # Wilson: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) with n = 8 and z = 1.96.
    assert (wins["low"], wins["high"]) == (pytest.approx(0.409, abs=1e-3), pytest.approx(0.929, abs=1e-3))


def test_most_different_in_either_direction():
    first, second = np.array([1, 5, 3, 2.0]), np.array([4, 1, 3, 3.0])
    assert most_different(first, second, 2) == ([0, 3], [1])
    assert most_different(first, first, 2) == ([], [])


def test_interval_over_seeds_by_hand():
    found = over_seeds([1.0, 2.0, 3.0])
    # t with 2 degrees of freedom: 4.303; standard error 1/√3.
    assert found["mean"] == 2
    assert found["high"] == pytest.approx(2 + 4.3027 / np.sqrt(3), rel=1e-4)
