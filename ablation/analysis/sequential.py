"""Verdicts of a run whose seeds were given on demand: judged over all its looks (`ablation.analysis.looks`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from ablation.analysis import moderation
from ablation.analysis.intervals import ALPHA
from ablation.analysis.judgement import MARGIN, OPEN, Judgement, Words
from ablation.analysis.looks import Plan, Standing, stand
from ablation.analysis.moderation import ModeratedEstimate, Prior
from ablation.analysis.pairs import Pairs
from ablation.analysis.power import minimum_detectable, seeds_needed
from ablation.measures import ACCURACY


@dataclass(frozen=True)
class Looked:
    """How far a run is with its looks.

    Attributes:
        plan: the looks, settled before the first.
        order: the seeds in the order in which they are given, as many as the last look is at.
        taken: how many looks are over.
        measure: the one whose verdicts ask for seeds.
    """

    plan: Plan
    order: tuple[int, ...]
    taken: int = 0
    measure: str = ACCURACY.name

    @property
    def seen(self) -> tuple[int, ...]:
        """The seeds of the looks that are over; before the first is, its own."""
        return self.order[: self.plan.seeds[max(self.taken, 1) - 1]]

    @property
    def over(self) -> bool:
        """Whether no look is left."""
        return self.taken == len(self.plan.seeds)

    @property
    def ahead(self) -> tuple[int, ...]:
        """The seeds of the look that comes next, those of the ones before it included."""
        return self.order[: self.plan.seeds[self.taken]]

    @property
    def told(self) -> dict[str, Any]:
        """As a manifest tells it; `looked` reads it."""
        plan = {"seeds": list(self.plan.seeds), "shares": list(self.plan.shares)}
        told = plan | {"order": list(self.order), "taken": self.taken}
        return told if self.measure == ACCURACY.name else told | {"measure": self.measure}


def looked(manifest: Mapping[str, Any]) -> Looked | None:
    """The looks that a manifest tells of; None of a run that planned none."""
    told = manifest.get("looks")
    if not told:
        return None
    plan = Plan(tuple(told["seeds"]), tuple(told["shares"]))
    return Looked(plan, tuple(told["order"]), told["taken"], told.get("measure", ACCURACY.name))


def in_order(pairs: Sequence[Pairs], seeds: Sequence[int]) -> np.ndarray:
    """Differences in the order of the seeds, shape (comparisons, seeds); NaN where a pair is missing.

    Each is turned so that a comparison made in either direction gives the same row.
    """
    found = np.full((len(pairs), len(seeds)), nan)
    places = {seed: place for place, seed in enumerate(seeds)}
    for row, one in zip(found, pairs, strict=True):
        for seed, difference in zip(one.seeds, one.differences, strict=True):
            if seed in places:
                row[places[seed]] = difference if one.forward else -difference
    return found


def judge(
    differences: np.ndarray,
    plan: Plan,
    words: Words,
    margin: float = MARGIN,
    unseen: int = 0,
    alpha: float = ALPHA,
) -> tuple[tuple[Prior, ...], tuple[ModeratedEstimate, ...], tuple[Judgement, ...], Standing]:
    """What the primary comparisons of one study show after the looks taken.

    Args:
        differences: of the pairs that these looks have seen, as `in_order` gives them.
        plan, margin, unseen, alpha: as in `looks.stand`.
        words: what the verdicts are called.

    Returns:
        Of each comparison the prior and the estimate at the look that it is told by, and the judgement; and where each
        stands.
    """
    standing = stand(differences, plan, margin, alpha, unseen)
    at = {look: _estimates(differences[:, : plan.seeds[look]]) for look in np.unique(standing.look).tolist()}
    priors = tuple(at[look][0] for look in standing.look.tolist())
    estimates = tuple(at[look][1][i] for i, look in enumerate(standing.look.tolist()))
    judged = []
    for i, one in enumerate(estimates):
        level, borrowed = alpha * plan.shares[-1] / float(standing.divisor[i]), one.degrees - (one.n - 1)
        is_open = standing.verdict[i] == OPEN
        judged.append(
            Judgement(
                words.of(int(standing.verdict[i])),
                True,
                float(standing.p[i]),
                int(standing.divisor[i]),
                float(standing.level[i]),
                float(standing.low[i]),
                float(standing.high[i]),
                seeds_needed(one.mean, one.deviation, borrowed, level) if is_open else nan,
                minimum_detectable(one.deviation, one.n, borrowed, level),
            )
        )
    return priors, estimates, tuple(judged), standing


def _estimates(differences: np.ndarray) -> tuple[Prior, tuple[ModeratedEstimate, ...]]:
    """Of one look."""
    return moderation.estimates([row[~np.isnan(row)] for row in differences])
