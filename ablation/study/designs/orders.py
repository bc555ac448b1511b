import functools
import random
from collections.abc import Callable, Iterable, Sequence

from ablation.errors import UserError
from ablation.study.design import design
from ablation.study.planned import ADDED, START, PlannedStep
from ablation.study.schema import Study
from ablation.study.setting import Setting

TRIES = 20


@design("Several orders", averaged=True)
def orders(study: Study, start: Setting) -> list[PlannedStep]:
    """The ladder climbed in several orders, each from the first step to the full recipe.

    What a step is trained with depends on the set of tricks below it, not on their order: within a set they are
    added as the ladder has them. So orders share every set they both pass through.
    """
    ladder = study.ladder
    places = {step.step: index for index, step in enumerate(ladder)}

    @functools.cache
    def setting(chosen: tuple[int, ...]) -> Setting:
        below = setting(chosen[:-1]) if len(chosen) > 1 else start
        return below.with_step(f"ladder.{chosen[-1]}.", ladder[chosen[-1]])

    def of(chosen: Iterable[int]) -> Setting:
        return setting((0, *sorted(chosen)))

    def fits(below: tuple[int, ...], index: int) -> bool:
        if not {places[name] for name in ladder[index].needs} <= {0, *below}:
            return False
        try:
            return of((*below, index)) is not None
        except UserError:
            return False

    planned = [PlannedStep("start", ladder[0].shown, None, of(()), START, uses=ladder[0].uses())]
    drawn = draw_orders(range(1, len(ladder)), study.orders, study.order_seed, fits)
    for number, order in enumerate(drawn, start=1):
        base = "start"
        for place, index in enumerate(order, start=1):
            step = ladder[index]
            added = PlannedStep(
                f"o{number}_{step.step}",
                f"{step.shown} (order {number})",
                base,
                of(order[:place]),
                ADDED,
                change=step.step,
                order=number,
                uses=step.uses(),
            )
            planned.append(added)
            base = added.step
    return planned


def draw_orders(
    items: Sequence[int], number: int, seed: int, fits: Callable[[tuple[int, ...], int], bool]
) -> list[tuple[int, ...]]:
    """Different random orders of some items, each as likely as any other where all fit anywhere.

    Orders are drawn one after the other: the first ones of a longer list are those of a shorter one.

    Args:
        items: what is ordered.
        number: how many orders; fewer come back where there are no more.
        seed: the same seed gives the same orders.
        fits: whether an item can stand directly behind some others. Of those drawn but not yet placed, the first
            that fits is placed.

    Raises:
        UserError: some items fit nowhere.
    """
    found: dict[tuple[int, ...], None] = {}
    for attempt in range(TRIES * number):
        if len(found) == number:
            break
        left = random.Random(f"{seed}/{attempt}").sample(items, len(items))
        order: tuple[int, ...] = ()
        while left:
            one = next((item for item in left if fits(order, item)), None)
            if one is None:
                raise UserError(
                    f"orders: step(s) {', '.join(map(str, sorted(left)))} of the ladder fit nowhere"
                )
            left.remove(one)
            order = (*order, one)
        found[order] = None
    return list(found)
