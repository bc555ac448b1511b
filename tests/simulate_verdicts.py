"""Simulate what the verdicts promise: how often they cry wolf, what they find, how often their intervals cover.

    python tests/simulate_verdicts.py [--replications 10000] [--looks-replications 3000] [--out FILE]

Every figure comes from the functions that the reports use. Differences are in units of their usual deviation. They are
either independent, or those of a ladder, where each comparison shares its base with its neighbour.
"""

import argparse
import shlex
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ablation.analysis import moderation
from ablation.analysis.crossed import crossed_mean
from ablation.analysis.intervals import ALPHA
from ablation.analysis.judgement import DOWN, NONE, OPEN, UP, decide
from ablation.analysis.looks import Plan, plan_looks, stand
from ablation.analysis.moderation import Moderated

COMPARISONS = (3, 7, 14, 21)
SMALL = 3
SEEDS = (3, 5, 10)
SHAPES = ("independent", "ladder")
FALL, CHANCE_OF_FALL = 40.0, 0.1
SCENARIOS = (
    "equal deviations",
    "log-normal 0.5",
    "log-normal 1",
    "one eightfold",
    "one a tenth",
    "skewness 1",
    "skewness 2",
    "one pair collapses",
    "one step collapses",
    "all collapse alike",
)


def draw(
    scenario: str, shape: str, replications: int, comparisons: int, seeds: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Steps' accuracies of studies in which nothing makes a difference.

    Independent comparisons are drawn as differences, the steps of a ladder as accuracies.

    Returns:
        Shape (replications, comparisons or comparisons + 1, seeds); and which comparisons have a true difference
        of zero, shape (comparisons,): a step that collapses under some seeds has none, its neighbours have.
    """
    drawn = comparisons + (shape == "ladder")
    middle = drawn // 2
    size = (replications, drawn, seeds)
    deviation = np.ones(size[:2])
    if scenario.startswith("log-normal"):
        deviation = np.exp(float(scenario.split()[1]) * generator.normal(size=size[:2]))
    elif scenario == "one eightfold":
        deviation[:, middle] = 8
    elif scenario == "one a tenth":
        deviation[:, middle] = 0.1
    if scenario.startswith("skewness"):
        power = (2 / float(scenario.split()[1])) ** 2
        noise = (generator.gamma(power, size=size) - power) / power**0.5
    else:
        noise = generator.normal(size=size)
    values = noise * deviation[..., None]
    is_null = np.ones(comparisons, bool)
    if "collapse" in scenario:
        falls = FALL * (generator.random((*size, 2)) < CHANCE_OF_FALL)
        if scenario == "all collapse alike":
            values -= falls[..., 0] - (0 if shape == "ladder" else falls[..., 1])
        elif scenario == "one step collapses":
            values[:, middle] -= falls[:, middle, :, 0]
            is_null[middle - (shape == "ladder") : middle + 1] = False
        elif shape == "ladder":
            values[:, middle - 1 : middle + 1] -= falls[:, middle - 1 : middle + 1, :, 0]
            is_null[[one for one in (middle - 2, middle) if one >= 0]] = False
        else:
            values[:, middle] -= falls[:, middle, :, 0] - falls[:, middle, :, 1]
    return values, is_null


def compared(values: np.ndarray, shape: str) -> np.ndarray:
    """Differences of shape (replications, comparisons, seeds)."""
    return np.diff(values, axis=1) if shape == "ladder" else values


def moderated(differences: np.ndarray, is_plain: bool = False) -> Moderated:
    """The moments that the verdicts are made of; plain ones borrow nothing."""
    found = moderation.moments(differences)
    return moderation.moderate(found, moderation.NO_PRIOR if is_plain else moderation.fit_prior(found))


def is_called(verdict: np.ndarray) -> np.ndarray:
    return (verdict == UP) | (verdict == DOWN)


def errors(replications: int) -> Iterator[str]:
    """Family-wise error and coverage of one look."""
    yield "1. Family-wise error of a single look (any false helps or hurts), in percent, and coverage of the 95 %"
    yield "   intervals: mean over comparisons, and of the comparison that is covered least. Collapses: each seed falls"
    yield (
        f"   by {FALL:g} deviations with a chance of {CHANCE_OF_FALL:g}; 'one step' counts the other comparisons"
        " only."
    )
    yield ""
    yield (
        f"{'scenario':20} {'differences':12} {'m':>3} {'n':>3} {'plain':>7} {'moderated':>10} {'cover':>7}"
        f" {'least':>7}"
    )
    worst: dict[str, float] = {}
    for scenario, shape, m, n in cells():
        generator = np.random.default_rng(zlib.crc32(f"{scenario} {shape} {m} {n}".encode()))
        values, is_null = draw(scenario, shape, replications, m, n, generator)
        differences = compared(values, shape)
        plain, ours = moderated(differences, True), moderated(differences)
        rate = [
            100 * float((is_called(decide(one, margin=0).verdict) & is_null).any(-1).mean())
            for one in (plain, ours)
        ]
        low, high = moderation.interval(ours)
        covered = ((low <= 0) & (high >= 0))[:, is_null].mean(0)
        keep_worst(worst, scenario, m, rate[1])
        yield (
            f"{scenario:20} {shape:12} {m:3} {n:3} {rate[0]:7.1f} {rate[1]:10.1f} {100 * covered.mean():7.1f}"
            f" {100 * covered.min():7.1f}"
        )
    yield ""
    yield from verdict_on(worst)


def powers(replications: int) -> Iterator[str]:
    """What three seeds find."""
    yield "2. Power at n = 3 and an effect of 4 deviations, in percent: helps is said of a comparison that helps."
    yield ""
    yield f"{'true effects':20} {'differences':12} {'m':>3} {'plain':>7} {'moderated':>10}"
    for shape in SHAPES:
        for m in COMPARISONS:
            for name, affected in (("one of m", 1), ("all", m)):
                generator = np.random.default_rng(zlib.crc32(f"power {shape} {m}".encode()))
                values, _ = draw("equal deviations", shape, replications, m, 3, generator)
                differences = compared(values, shape)
                differences[:, :affected] += 4 * (2**0.5 if shape == "ladder" else 1)
                found = [
                    100
                    * float(
                        (
                            decide(moderated(differences, is_plain), margin=0).verdict[:, :affected] == UP
                        ).mean()
                    )
                    for is_plain in (True, False)
                ]
                yield f"{name:20} {shape:12} {m:3} {found[0]:7.1f} {found[1]:10.1f}"


def equivalence(replications: int) -> Iterator[str]:
    """False and true "no difference"."""
    yield "3. 'No difference' where every true difference is as large as the margin (false), and where it is 0 (true),"
    yield "   in percent of comparisons; 'in any': studies of 7 independent comparisons with a false one. Margin in"
    yield "   deviations."
    yield ""
    yield f"{'scenario':20} {'margin':>7} {'n':>3} {'false':>7} {'in any':>7} {'true':>7}"
    for scenario in SCENARIOS[:6]:
        for margin in (1.0, 2.0, 5.0):
            for n in SEEDS:
                generator = np.random.default_rng(zlib.crc32(f"equal {scenario} {n}".encode()))
                values, _ = draw(scenario, "independent", replications, 7, n, generator)
                false, true = (
                    decide(moderated(values + effect), margin=margin).verdict == NONE
                    for effect in (margin, 0.0)
                )
                yield (
                    f"{scenario:20} {margin:7g} {n:3} {100 * false.mean():7.1f} {100 * false.any(-1).mean():7.1f}"
                    f" {100 * true.mean():7.1f}"
                )


def resolve(values: np.ndarray, shape: str, plan: Plan, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Run studies with seeds on demand: base and step both get the seeds that a comparison wants.

    Returns:
        The verdicts after the last look, and the trials that each study trained for it, bases of independent
        comparisons not counted.
    """
    has = np.zeros(values.shape, bool)
    has[..., : plan.seeds[0]] = True
    for before, seeds in zip(plan.seeds, plan.seeds[1:], strict=False):
        known = np.where(has, values, np.nan)[..., :before]
        wants = stand(compared(known, shape), plan, margin).wants_seeds
        if shape == "ladder":
            none = np.zeros((len(values), 1), bool)
            wants = np.hstack([wants, none]) | np.hstack([none, wants])
        has[..., before:seeds] = wants[..., None]
    known = np.where(has, values, np.nan)
    return stand(compared(known, shape), plan, margin).verdict, has.sum((1, 2))


def looks(replications: int) -> Iterator[str]:
    """Family-wise error over all looks, and what the seeds buy."""
    plan = plan_looks()
    shares = ", ".join(f"{share:.3f}" for share in plan.shares)
    yield f"4. Seeds on demand: looks at {plan.seeds} seeds, shares of alpha {shares}; margin 1 deviation."
    yield "   Family-wise error over the whole procedure and comparisons left open, in percent; trials spent a step."
    yield ""
    yield f"{'scenario':20} {'differences':12} {'m':>3} {'error':>7} {'open':>7} {'trials':>7}"
    worst: dict[str, float] = {}
    for scenario in SCENARIOS:
        for shape in SHAPES:
            for m in COMPARISONS:
                generator = np.random.default_rng(zlib.crc32(f"looks {scenario} {shape} {m}".encode()))
                values, is_null = draw(scenario, shape, replications, m, plan.seeds[-1], generator)
                verdict, trials = resolve(values, shape, plan, 1.0)
                rate = 100 * float((is_called(verdict) & is_null).any(-1).mean())
                keep_worst(worst, scenario, m, rate)
                still = 100 * float((verdict == OPEN)[:, is_null].mean())
                yield (
                    f"{scenario:20} {shape:12} {m:3} {rate:7.1f} {still:7.1f}"
                    f" {trials.mean() / values.shape[1]:7.1f}"
                )
    yield ""
    yield from verdict_on(worst)
    yield ""
    yield "   What it finds: equal deviations, 7 independent comparisons, all of the effect given, in percent."
    yield ""
    yield f"{'effect':>7} {'helps':>7} {'hurts':>7} {'none':>7} {'open':>7} {'trials':>7}"
    for effect in (0.0, 0.5, 1.0, 1.5, 2.0, 4.0):
        generator = np.random.default_rng(zlib.crc32(f"found {effect}".encode()))
        values, _ = draw("equal deviations", "independent", replications, 7, plan.seeds[-1], generator)
        verdict, trials = resolve(values + effect, "independent", plan, 1.0)
        rates = " ".join(f"{100 * (verdict == kind).mean():7.1f}" for kind in (UP, DOWN, NONE, OPEN))
        yield f"{effect:7g} {rates} {trials.mean() / 7:7.1f}"


def shapley(replications: int) -> Iterator[str]:
    """Coverage of intervals over orders and seeds."""
    yield "5. Shapley values: coverage of the 95 % interval over orders and seeds, in percent, and of the interval over"
    yield "   orders alone (the t interval of each order's mean over seeds)."
    yield ""
    yield f"{'deviations of orders, seeds, cells':36} {'orders':>7} {'seeds':>6} {'both':>7} {'orders alone':>13}"
    for parts in ((1, 0, 0.3), (0, 0, 1), (0.3, 1, 0.3), (1, 1, 1), (1, 0.5, 1), (0.2, 1, 0)):
        for orders, seeds in ((4, 3), (10, 3), (10, 5), (20, 10)):
            generator = np.random.default_rng(zlib.crc32(f"shapley {parts} {orders} {seeds}".encode()))
            table = (
                parts[0] * generator.normal(size=(replications, orders, 1))
                + parts[1] * generator.normal(size=(replications, 1, seeds))
                + parts[2] * generator.normal(size=(replications, orders, seeds))
            )
            found = crossed_mean(table)
            both = 100 * float(((found.low <= 0) & (found.high >= 0)).mean())
            low, high = moderation.interval(moderated(table.mean(-1)[:, None], True))
            alone = 100 * float(((low <= 0) & (high >= 0)).mean())
            yield f"{parts!s:36} {orders:7} {seeds:6} {both:7.1f} {alone:13.1f}"


def cells() -> Iterator[tuple[str, str, int, int]]:
    yield from (
        (scenario, shape, m, n)
        for scenario in SCENARIOS
        for shape in SHAPES
        for m in COMPARISONS
        for n in SEEDS
    )


def keep_worst(worst: dict[str, float], scenario: str, m: int, rate: float) -> None:
    name = f"{scenario}, m = {SMALL}" if m == SMALL else scenario
    worst[name] = max(worst.get(name, 0.0), rate)


def verdict_on(worst: dict[str, float]) -> Iterator[str]:
    """The largest error of each scenario against the target."""
    allowed = 100 * ALPHA + 1
    for scenario, rate in worst.items():
        kept = "kept" if rate <= allowed else "NOT KEPT"
        yield f"   worst of {scenario}: {rate:.1f} ({allowed:g} or less: {kept})"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replications", type=int, default=10_000)
    parser.add_argument("--looks-replications", type=int, default=3_000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    said = [one for one in arguments if one != "--out" and one != str(options.out)]
    parts: list[tuple[Callable[[int], Iterator[str]], int]] = [
        (errors, options.replications),
        (powers, options.replications),
        (equivalence, options.looks_replications),
        (looks, options.looks_replications),
        (shapley, options.replications),
    ]
    lines = [
        f"$ {shlex.join(['python', 'tests/simulate_verdicts.py', *said])}",
        f"{options.replications} replications in parts 1, 2 and 5, {options.looks_replications} in 3 and 4; "
        "seeds fixed.",
    ]
    for part, replications in parts:
        lines.append("")
        for line in part(replications):
            lines.append(line)
            print(line, flush=True)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
