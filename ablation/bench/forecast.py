"""How long a study will take on this machine, from a few timed steps of each of its networks."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from statistics import median

from ablation.bench.process import Contender
from ablation.data.split import VAL
from ablation.networks.build import resolve_precision
from ablation.networks.graph import Problem
from ablation.recipe import Recipe
from ablation.study.planned import PlannedStep

TURNS = 3
JUDGED_PASSES = 1 / 3  # a forward pass costs a third of a training step


@dataclass(frozen=True)
class Work:
    """One training.

    Attributes:
        recipe: what is trained.
        train: training images.
        judged: images scored after every epoch.
    """

    recipe: Recipe
    train: int
    judged: int

    def seconds(self, speed: float) -> float:
        """Its time at so many training images a second."""
        batch = min(self.recipe.batch_size, self.train)
        an_epoch = self.train // batch * batch + JUDGED_PASSES * self.judged
        return self.recipe.epochs * an_epoch / speed


def work_of(step: PlannedStep, there: int) -> Work:
    """The training of a planned step.

    Args:
        step: of a study.
        there: training images of the data set, before any validation images are cut from them.
    """
    sizes = step.setting.sizes
    judged = VAL if sizes.val is None else sizes.val
    cut = judged if step.protocol == "honest" else 0
    return Work(step.setting.recipe, min(sizes.train or there, max(there - cut, 1)), judged)


def speeds(
    recipes: Sequence[Recipe], problem: Problem, at_once: int, *, seconds: float = 2.0
) -> Generator[float]:
    """Training images a second of one trial of each recipe while `at_once` trials run side by side, a core each.

    Args:
        recipes: distinct ones.
        problem: shape of the images and number of classes; the images themselves are random.
        at_once: trials that run at a time, 1 or more.
        seconds: about how long a turn takes; the median of three is given.

    Raises:
        Skipped: a network cannot be built on such images.
    """
    contenders = [Contender("ours", problem, one_thread=True) for _ in range(at_once)]
    try:
        for recipe in recipes:
            settled = recipe.replace(precision=resolve_precision(recipe.precision))
            for one in contenders:
                one.prepare(settled)
            steps = max(2, round(seconds * contenders[0].speed(2) / recipe.batch_size))
            yield median(_turn(contenders, steps) for _ in range(TURNS))
    finally:
        for one in contenders:
            one.end()


def _turn(contenders: Sequence[Contender], steps: int) -> float:
    """Mean images a second of one contender while all of them train."""
    for one in contenders:
        one.begin(steps)
    return sum(one.finish(steps) for one in contenders) / len(contenders)


def forecast(
    trainings: Sequence[Work], problem: Problem, at_once: int, say: Callable[[str], None]
) -> tuple[float, ...]:
    """Seconds that each training will take.

    Args:
        trainings: in any order; those that share a recipe but for its epochs are timed once.
        problem: of the data.
        at_once: trials at a time.
        say: told before each network is timed.
    """
    alike = [one.recipe.replace(epochs=1) for one in trainings]
    keys = [recipe.model_dump_json() for recipe in alike]
    distinct = dict(zip(keys, alike, strict=True))
    found: dict[str, float] = {}
    timed = speeds(tuple(distinct.values()), problem, at_once)
    for number, key in enumerate(distinct, start=1):
        say(f"timing network {number} of {len(distinct)}")
        found[key] = next(timed)
    timed.close()
    return tuple(one.seconds(found[key]) for one, key in zip(trainings, keys, strict=True))
