"""Every comparison of a run, judged: moderated paired t, corrected within the study's primary family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ablation.analysis import judgement, moderation, sequential
from ablation.analysis.judgement import Judgement, Words
from ablation.analysis.moderation import ModeratedEstimate, Prior
from ablation.analysis.pairs import ACCURACY, Pairs, paired
from ablation.analysis.sequential import Looked
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
        looks: at how many numbers of seeds it was tested, up to the one that it is told by: 1 unless seeds were given
            on demand.
        is_open: whether it has no answer.
        wants_seeds: of a run that gives seeds on demand: open, with seeds left to give and an answer in reach.
    """

    estimate: ModeratedEstimate
    judgement: Judgement
    prior: Prior
    looks: int = 1
    is_open: bool = False
    wants_seeds: bool = False


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
    looked: Looked | None = None,
) -> dict[Place, Comparison]:
    """The comparison of each step that is tested and has a base, by design and step.

    What two designs compare alike, in whichever direction, is one comparison: it counts once in the correction. Another
    budget or protocol is another study, with a family and a prior of its own.

    Args:
        steps: of the run.
        figure: the column of `trials.csv` that is compared.
        words: what the verdicts are called.
        margin: a difference no larger than this is none, in the figure's units.
        sizes: primary comparisons of each family as the study lays them out, run or not; those planned where it
            says nothing. One that has no two pairs yet counts in the correction all the same.
        looked: the looks of a run that gives seeds on demand. Its primary comparisons are judged over all of them,
            on the seeds that they saw; the others once, on all seeds.
    """
    one = comparisons_of(steps, (figure,), words=words, margin=margin, sizes=sizes, looked=looked)
    return {place: comparison for (_, place), comparison in one.items()}


def comparisons_of(
    steps: Steps,
    figures: Sequence[str],
    *,
    words: Words = judgement.ACCURACY,
    margin: float = judgement.MARGIN,
    sizes: Mapping[Family, int] | None = None,
    looked: Looked | None = None,
) -> dict[tuple[str, Place], Comparison]:
    """The comparisons of several figures, by figure and place, that are corrected for together.

    Args:
        figures: columns of the trials.
        steps, words, margin, sizes, looked: as in `comparisons`.
    """
    found: dict[tuple[str, Place], Comparison] = {}
    tested = [step for step in steps.all if is_tested(step) and steps.base(step) is not None]
    for family in dict.fromkeys(map(family_of, tested)):
        here = {(step["design"], step["step"]): step for step in tested if family_of(step) == family}
        pairs = {
            (figure, place): paired(steps, step, figure) for figure in figures for place, step in here.items()
        }
        keys: dict[tuple[str, Place], object] = {
            (figure, place): (figure, _key(place, one)) for (figure, place), one in pairs.items()
        }
        primary: dict[object, bool] = {}
        for (_, place), key in keys.items():
            primary[key] = primary.get(key, False) or is_primary(here[place])
        distinct = {keys[place]: one for place, one in pairs.items()}
        planned = max((sizes or {}).get(family, 0) * len(figures), sum(primary.values()))
        unseen = planned - sum(primary[key] and len(one.seeds) > 1 for key, one in distinct.items())
        known = _judged(distinct, primary, words, margin, unseen)
        if looked is not None:
            asked = {key: one for key, one in distinct.items() if primary[key]}
            known |= _judged_over_looks(asked, looked, words, margin, unseen) if asked else {}
        for where, one in pairs.items():
            comparison = known[keys[where]]
            found[where] = comparison if one.forward else _reversed(comparison, words)
    return found


def _judged(
    pairs: Mapping[object, Pairs], primary: Mapping[object, bool], words: Words, margin: float, unseen: int
) -> dict[object, Comparison]:
    """Distinct comparisons of one family, judged once."""
    prior, estimates = moderation.estimates(
        [one.differences if one.forward else -one.differences for one in pairs.values()]
    )
    flags = [primary[key] for key in pairs]
    judged = judgement.judge(estimates, words, flags, margin, unseen=unseen)
    return {
        key: Comparison(estimate, verdict, prior, is_open=verdict.verdict == words.open)
        for key, estimate, verdict in zip(pairs, estimates, judged, strict=True)
    }


def _judged_over_looks(
    pairs: Mapping[object, Pairs], looked: Looked, words: Words, margin: float, unseen: int
) -> dict[object, Comparison]:
    """The distinct primary comparisons of one family, judged over all looks."""
    differences = sequential.in_order(list(pairs.values()), looked.seen)
    priors, estimates, judged, standing = sequential.judge(differences, looked.plan, words, margin, unseen)
    return {
        key: Comparison(
            estimates[i],
            judged[i],
            priors[i],
            int(standing.looks[i]),
            judged[i].verdict == words.open,
            bool(standing.wants_seeds[i]),
        )
        for i, key in enumerate(pairs)
    }


def _key(place: Place, pairs: Pairs) -> object:
    """Of a comparison; one without a pair is like no other."""
    return pairs.unordered or place


def _reversed(one: Comparison, words: Words) -> Comparison:
    """The same comparison, subtrahend and minuend exchanged."""
    estimate, verdict = one.estimate, one.judgement
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
    judged = replace(verdict, verdict=told, low=-verdict.high, high=-verdict.low)
    return replace(one, estimate=turned, judgement=judged)
