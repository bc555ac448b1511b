"""What a step's trick costs, and what it gains for that."""

from collections.abc import Collection

from ablation.analysis.cost import points_per_gflop, points_per_minute, time_factor
from ablation.analysis.pairs import paired
from ablation.analysis.steps import CONTROL, LEFT_OUT, Step, Steps
from ablation.measures import POINTS, Measure

PRICE = ("time_factor", "time_factor_low", "time_factor_high", "points_per_minute", "points_per_gflop")


def price(
    steps: Steps, step: Step, delta: float, measure: Measure, unused: Collection[int] = ()
) -> dict[str, float]:
    """The columns `PRICE` that are known: none for a step without a base and for a control.

    All are of adding the trick, also where the step leaves it out.

    Args:
        delta: of `measure`, the step minus its base.
        unused: seeds that `delta` is not of.

    Returns:
        time_factor and the ends of its interval (`cost.time_factor`, over the other seeds that step and base
        share);
        points_per_minute and points_per_gflop, where a gain is counted in points.
    """
    base = steps.base(step)
    if base is None or step["role"] == CONTROL:
        return {}
    seconds, without = paired(steps, step, "train_seconds").without(unused).values
    flops = step["flops_per_image"], base["flops_per_image"]
    if step["role"] == LEFT_OUT:
        delta, seconds, without, flops = -delta, without, seconds, flops[::-1]
    found = dict(zip(PRICE, time_factor(seconds, without), strict=False))
    if measure.higher_is_better and measure.unit == POINTS:
        found["points_per_minute"] = points_per_minute(delta, seconds, without)
        found["points_per_gflop"] = points_per_gflop(delta, *flops)
    return found
