"""What is left of a run, on trials whose true times are known."""

import pytest

from ablation.runner.time_left import TimeLeft

COSTS = {(title, seed): cost for seed in (0, 1) for title, cost in (("small", 1.0), ("large", 4.0))}
COMPILE, SECOND = 5.0, 10.0  # a trial compiles for 5 s, then takes 10 s a unit of cost


def simulated(jobs):
    """Play the run through; (now, what was said, what was true) at every sign of life."""
    left = TimeLeft(COSTS, jobs, 0.0)
    waiting, free, events = list(COSTS), [0.0] * jobs, []
    for label in waiting:
        begin = free.pop(free.index(min(free)))
        for share in (0.01, 0.1, 0.3, 0.6, 1.0):
            events.append((begin + COMPILE + SECOND * COSTS[label] * share, label, share))
        free.append(max(events)[0] if jobs == 1 else begin + COMPILE + SECOND * COSTS[label])
    end = max(free)
    said = []
    for now, label, share in sorted(events):
        left.progress(label, share, now)
        if share == 1.0:
            left.finish(label, now)
        said.append((now, left.seconds(now), end - now))
    return said


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_estimate_and_all_that_follow_hold(jobs):
    said = simulated(jobs)
    assert said[0][1] is None, "one sign of life is no speed"
    known = [(told, true) for _, told, true in said if told is not None]
    assert len(known) >= len(said) - 3
    for told, true in known:
        assert told == pytest.approx(true, rel=0.15, abs=1.0)


def test_a_speed_that_differs_from_the_cost_is_learned():
    """The second seed of a network takes what the first took, whatever its cost promised."""
    left = TimeLeft({("odd", 0): 1.0, ("plain", 0): 1.0, ("odd", 1): 1.0, ("plain", 1): 1.0}, 1, 0.0)
    for label, since, seconds in ((("odd", 0), 0.0, 90.0), (("plain", 0), 90.0, 10.0)):
        left.progress(label, 0.1, since + 0.1 * seconds)
        left.progress(label, 1.0, since + seconds)
        left.finish(label, since + seconds)
    assert left.seconds(100.0) == pytest.approx(100.0)


def test_trials_that_fail_at_once_are_no_division_by_zero():
    left = TimeLeft({("a", 0): 0.0, ("a", 1): 0.0}, None, 0.0)
    left.finish(("a", 0), 0.0)
    assert left.seconds(0.0) == 0.0
    left.finish(("a", 1), 0.0)
    assert left.seconds(0.0) == 0.0


def test_short_trainings_are_not_taken_to_begin_as_slowly_as_the_first():
    """At smoke the first of 20 networks takes 11 s to begin, the next 3 s, and each trains for .6 s."""
    left = TimeLeft({(f"{i}", 0): 1.0 + i % 4 for i in range(20)}, 1, 0.0)
    now, said = 0.0, []
    for i in range(3):
        began = now + (3.0 if i else 11.0)
        now = began + 0.6
        for at, share in ((began, 0.1), (now, 1.0)):
            left.progress((f"{i}", 0), share, at)
        left.finish((f"{i}", 0), now)
        said.append(left.seconds(now))
    assert said[0] is None
    assert said[1:] == pytest.approx([18 * 3.6, 17 * 3.6], rel=0.25)


def test_the_start_of_the_processes_is_no_part_of_a_second_seed():
    """Two processes take 45 s to start; each of two networks then trains for half a second."""
    left = TimeLeft({(title, seed): 1.0 for seed in (0, 1) for title in ("a", "b")}, 2, 0.0)
    for title in ("a", "b"):
        left.progress((title, 0), 0.5, 45.0)
    for title in ("a", "b"):
        left.finish((title, 0), 45.5)
    assert left.seconds(45.5) == pytest.approx(1.0)
