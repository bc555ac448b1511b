"""Every comparison of a run, judged: moderated paired t, corrected within the study's primary family."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ablation.analysis import judgement, moderation
from ablation.analysis.judgement import Judgement, Words
from ablation.analysis.moderation import ModeratedEstimate, Prior
from ablation.analysis.pairs import ACCURACY, Pairs, paired
from ablation.analysis.steps import CONTROL, Step, Steps, is_tested, variant_of

Family = tuple[int | None, str | None]
Place = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """A step against its base, or a base against the control that is held against it.

    Attributes:
        estimate: of the paired differences.
        judgement: what they show.
        prior: what its estimate borrowed from.
    """

    estimate: ModeratedEstimate
    judgement: Judgement
    prior: Prior


def family_of(step: Step) -> Family:
    """What a step's design does otherwise than the study: its epochs and protocol."""
    variant = variant_of(step)
    return variant.epochs, variant.protocol


def is_primary(step: Step) -> bool:
    """Whether the study counts a step's comparison among those that it asks about."""
    return step["role"] != CONTROL and step.get("primary", True)


def comparisons(
    steps: Steps,
    *,
    figure: str = ACCURACY,
    words: Words = judgement.ACCURACY,
    margin: float = judgement.MARGIN,
    sizes: Mapping[Family, int] | None = None,
) -> dict[Place, Comparison]:
    """The comparison of each step that is tested and has a base, by design and step.

    What two designs compare alike, in whichever direction, is one comparison: it counts once in the correction. Another
    budget or protocol is another study, with a family and a prior of its own.

    Args:
        steps: of the run.
        figure: the column of `trials.csv` that is compared.
        words: what the verdicts are called.
        margin: a difference no larger than this is none, in the figure's units.
        sizes: primary comparisons of each family as the study lays them out, run or not; those present where it
            says nothing.
    """
    found: dict[Place, Comparison] = {}
    tested = [step for step in steps.all if is_tested(step) and steps.base(step) is not None]
    for family in dict.fromkeys(map(family_of, tested)):
        here = [step for step in tested if family_of(step) == family]
        pairs = {(step["design"], step["step"]): paired(steps, step, figure) for step in here}
        primary: dict[object, bool] = {}
        for step in here:
            place = step["design"], step["step"]
            key = _key(place, pairs[place])
            primary[key] = primary.get(key, False) or is_primary(step)
        distinct = {_key(place, one): one for place, one in pairs.items()}
        prior, estimates = moderation.estimates(
            [one.differences if one.forward else -one.differences for one in distinct.values()]
        )
        flags = [primary[key] for key in distinct]
        unseen = max(0, (sizes or {}).get(family, 0) - sum(flags))
        judged = judgement.judge(estimates, words, flags, margin, unseen=unseen)
        known = dict(zip(distinct, zip(estimates, judged, strict=True), strict=True))
        for place, one in pairs.items():
            estimate, verdict = known[_key(place, one)]
            if not one.forward:
                estimate, verdict = _reversed(estimate, verdict, words)
            found[place] = Comparison(estimate, verdict, prior)
    return found


def _key(place: Place, pairs: Pairs) -> object:
    """Of a comparison; one without a pair is like no other."""
    return pairs.unordered or place


def _reversed(
    estimate: ModeratedEstimate, verdict: Judgement, words: Words
) -> tuple[ModeratedEstimate, Judgement]:
    """The same comparison, subtrahend and minuend exchanged."""
    turned = replace(
        estimate,
        mean=-estimate.mean,
        low=-estimate.high,
        high=-estimate.low,
        narrow_low=-estimate.narrow_high,
        narrow_high=-estimate.narrow_low,
    )
    other = {words.up: words.down, words.down: words.up}
    told = other.get(verdict.verdict, verdict.verdict)
    return turned, replace(verdict, verdict=told, low=-verdict.high, high=-verdict.low)
