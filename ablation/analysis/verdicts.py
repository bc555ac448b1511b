"""A comparison as a value: what it shows, in words, and its figure."""

from dataclasses import dataclass
from math import inf, isnan

from ablation.analysis.comparisons import Comparison
from ablation.analysis.intervals import ALPHA, Estimate
from ablation.analysis.learning import Learned
from ablation.analysis.proportions import compare_counts
from ablation.wording import FRACTION, Scale

HELPS, HURTS, NONE, OPEN, CHANCE = "helps", "hurts", "no difference", "open", "chance"
NARROWS, WIDENS = "narrows", "widens"
KINDS = (HELPS, HURTS, NONE, OPEN, CHANCE, NARROWS, WIDENS)
FORMER = {"not separable": OPEN}  # as tables of earlier versions have it
OPPOSITE = {HELPS: HURTS, HURTS: HELPS, NARROWS: WIDENS, WIDENS: NARROWS}


@dataclass(frozen=True)
class Verdict:
    """What a comparison shows.

    Attributes:
        kind: one of `KINDS`, or "" where nothing is compared.
        words: for people, without the figure: "helps", "dropout hurts", "learns under 2 of 3 seeds, base 3 of 3".
        figure: the difference, "+3.2 points", or why there is none.
        reason: of an open one, what would settle it.
    """

    kind: str = ""
    words: str = ""
    figure: str = ""
    reason: str = ""

    def __str__(self) -> str:
        told = "; ".join(part for part in (self.figure, self.reason) if part)
        return f"{self.words}: {told}" if told else self.words


def verdict(one: Comparison, absent: str = "", scale: Scale = FRACTION) -> Verdict:
    """What a comparison shows of a trick.

    Args:
        one: the comparison.
        absent: the trick that the step lacks: the verdict is then on the trick, not on its absence.
        scale: of the figure that is compared.
    """
    n, mean = one.estimate.n, one.estimate.mean
    if n == 0:
        return Verdict(OPEN, OPEN, "no pair of finished trials")
    figure = scale.told(mean)
    if n == 1:
        return Verdict(OPEN, OPEN, f"{figure}, one pair, no interval")
    kind = one.judgement.verdict
    if absent:
        kind = OPPOSITE.get(kind, kind)
    words = f"{absent} {kind}" if absent and kind in OPPOSITE else kind
    return Verdict(kind, words, figure, _wanting(one))


def chance(difference: Estimate, scale: Scale = FRACTION) -> Verdict:
    """Of a step that changes nothing: whatever it moves is chance."""
    return Verdict(CHANCE, CHANCE, scale.told(difference.mean)) if difference.n else Verdict()


def learning(
    step: Learned, base: Learned, one: Comparison, scale: Scale = FRACTION, alpha: float = ALPHA
) -> Verdict | None:
    """The verdict on two steps of which one leaves chance under some seeds only: how many do is told, not averaged.

    A difference of accuracies that the moderated test finds stands. Where it finds none, the two counts are compared
    by an exact test, with Bonferroni's correction. Seeds that collapse leave the moderated test less than half of its
    level (`results/reference/statistics/simulation.txt`), so the two together keep it.

    Args:
        step, base: how many seeds of each learned.
        one: the comparison of their accuracies, or of another measure.
        scale: of that measure.

    Returns:
        None where both learn under every seed: accuracies say more.
    """
    if step.always and base.always:
        return None
    if step.count == base.count == 0:
        return Verdict(CHANCE, "both at chance")
    kind = one.judgement.verdict
    if kind not in OPPOSITE:
        p = compare_counts(step.count, step.seeds, base.count, base.seeds) * one.judgement.comparisons
        higher = step.count / step.seeds > base.count / base.seeds
        kind = OPEN if p >= alpha else HELPS if higher else HURTS
    return Verdict(kind, f"learns {step.told}, base {base.told}", scale.told(one.estimate.mean))


def written(text: str) -> Verdict:
    """A verdict as `summary.csv` holds it, read back; of older tables too, which hold no `verdict_kind`.

    Args:
        text: a cell of the column `verdict`, or its words alone.
    """
    words, _, figure = text.partition(": ")
    former = next((kind for start, kind in FORMER.items() if words.startswith(start)), "")
    return Verdict(former or next((kind for kind in KINDS if kind in words), ""), words, figure)


def _wanting(one: Comparison) -> str:
    seeds = one.judgement.seeds_needed
    if isnan(seeds):
        return ""
    return "out of reach" if seeds == inf else f"about {seeds:.0f} seeds would show it"
