"""What a search varies, and how the ranges narrow."""

import math

import pytest

from ablation.errors import UserError
from ablation.study.space import Choice, Range, at_edge, ends, grid, narrowed, parse

RATE = Range("log", 1e-6, 1e-2)


def parsed(text: str, given):
    return parse(text, given, "--space ")


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        ("training.learning_rate", "log 1e-6 1e-3", Range("log", 1e-6, 1e-3)),
        ("network.l2", "uniform 0 .5", Range("uniform", 0.0, 0.5)),
        ("training.batch_size", "log-int 16 256", Range("log-int", 16, 256)),
        ("network.activation", ["relu", "elu"], Choice(("relu", "elu"))),
        ("tricks.dropout.rate", "uniform 0.1 0.5", Range("uniform", 0.1, 0.5)),
    ],
)
def test_a_space_is_written_in_words(key, given, expected):
    assert parsed(key, given) == expected


@pytest.mark.parametrize(
    ("key", "given", "told"),
    [
        ("network.l3", "log 1 2", r"--space network.l3: unknown key; did you mean 'network.l[12]'\?"),
        ("data.train", "int 1 2", "data.train: unknown key; expected network.F, training.F or tricks.T"),
        ("l2", "log 1 2", "l2: unknown key; expected network.F"),
        ("training.epochs", "int 1 9", "training.epochs: cannot be searched; every stage sets it"),
        ("tricks.dropuot.rate", "uniform 0 1", "unknown trick 'dropuot'; did you mean 'dropout'?"),
        ("tricks.dropout.rat", "uniform 0 1", "tricks.dropout.rat: unknown parameter; did you mean 'rate'?"),
        ("network.l2", "log 1", "network.l2: expected 'log 1e-6 1e-3' .*, found 'log 1'"),
        ("network.l2", "log one two", "found 'log one two'"),
        ("network.l2", "exp 1 2", "found 'exp 1 2'"),
        ("network.l2", 3, "found '3'"),
        ("network.l2", "uniform 2 1", "expected a low end below a high end, found 'uniform 2 1'"),
        ("network.l2", "uniform 0 inf", "expected a low end below a high end"),
        ("network.l2", "log 0 1", "expected ends above 0"),
        ("training.batch_size", "int 1.5 3", "expected whole numbers, found 'int 1.5 3'"),
        ("network.activation", ["relu"], "expected 2 to 100 different choices"),
        ("network.activation", ["relu", "relu"], "expected 2 to 100 different choices"),
    ],
)
def test_a_mistake_in_a_space_is_told_in_one_line(key, given, told):
    with pytest.raises(UserError, match=told):
        parsed(key, given)


def test_places_are_on_the_range_s_own_scale():
    assert RATE.place(1e-4) == pytest.approx(0.5)
    assert RATE.at(0.25) == pytest.approx(1e-5)
    assert Range("uniform", 2, 6).at(0.25) == 3
    assert [Range("int", 1, 4).at(place) for place in (0, 0.5, 1)] == [1, 2, 4]
    assert Range("log-int", 1, 100).at(0.5) == 10
    for kind in ("uniform", "log", "int", "log-int"):
        one = Range(kind, 3, 1000)
        assert all(one.at(one.place(one.at(i / 9))) == pytest.approx(one.at(i / 9)) for i in range(10))


def test_ranges_narrow_to_what_the_best_span_and_a_tenth_more_within_the_space():
    space = {"rate": RATE, "size": Range("int", 0, 100), "how": Choice(("a", "b", "c"))}
    best = [{"rate": 1e-4, "size": 95, "how": "c"}, {"rate": 1e-3, "size": 40, "how": "a"}]
    now = narrowed(space, best)
    assert now["rate"].low == pytest.approx(10**-4.4) and now["rate"].high == pytest.approx(10**-2.6)
    assert now["size"] == Range("int", 30, 100)
    assert now["how"] == Choice(("a", "c"))
    again = narrowed(now, [best[0]])
    assert again["rate"].low > now["rate"].low and again["rate"].high < now["rate"].high
    assert again["how"] == Choice(("c",))


def test_the_edge_is_the_twentieth_at_either_end():
    assert at_edge(RATE, 1e-6) and at_edge(RATE, 0.99e-2)
    assert not at_edge(RATE, 1e-5) and not at_edge(Choice((1, 2)), 1)


def test_a_grid_is_all_combinations_of_the_middles_of_equal_shares():
    points = grid({"rate": RATE, "how": Choice(("a", "b"))}, 4)
    assert [point["how"] for point in points] == ["a", "b", "a", "b"]
    assert [point["rate"] for point in points] == pytest.approx([1e-5, 1e-5, 1e-3, 1e-3])


@pytest.mark.parametrize(("trials", "expected"), [(4, (2, 2)), (6, (3, 2)), (15, (5, 3)), (30, (6, 5))])
def test_a_grid_is_as_fine_as_the_trials_permit(trials, expected):
    points = grid({"a": RATE, "b": Range("uniform", 0, 1)}, trials)
    assert tuple(len({point[key] for point in points}) for key in "ab") == expected
    assert len(points) == math.prod(expected)


def test_a_grid_tries_no_whole_number_twice():
    assert [point["a"] for point in grid({"a": Range("int", 1, 3)}, 30)] == [1, 2, 3]


def test_a_grid_that_needs_more_trials_is_refused():
    with pytest.raises(UserError, match=r"expected 8 trials or more.*found 7"):
        grid(dict.fromkeys("abc", RATE), 7)


def test_the_points_to_be_checked_hold_every_end_and_choice():
    points = ends({"rate": RATE, "how": Choice((1, 2, 3))})
    assert {point["how"] for point in points} == {1, 2, 3}
    assert {point["rate"] for point in points} == {1e-6, 1e-2}
