"""The measures that a run reports, and its comparisons by each of them."""

from collections.abc import Mapping
from typing import Any

from ablation.analysis import judgement
from ablation.analysis.comparisons import Comparison, Family, Place, comparisons
from ablation.analysis.judgement import Words, words_of
from ablation.analysis.pairs import GAP
from ablation.analysis.sequential import Looked, looked
from ablation.analysis.steps import Steps
from ablation.measures import ACCURACY, Measure, get, of_told


def reported(manifest: Mapping[str, Any]) -> tuple[Measure, ...]:
    """The measures that the study reports, the one that decides its verdicts first."""
    return tuple(map(of_told, manifest.get("measures") or [])) or (ACCURACY,)


def primary(manifest: Mapping[str, Any]) -> Measure:
    """The measure that decides the verdicts."""
    return reported(manifest)[0]


def named(manifest: Mapping[str, Any], name: str) -> Measure:
    """A measure by its name, whether the study reports it or not; empty for the one that decides.

    Raises:
        UserError: there is none of that name.
    """
    known = {one.name: one for one in reported(manifest)}
    return known.get(name or primary(manifest).name) or get(name)


def margin_of(manifest: Mapping[str, Any], measure: Measure = ACCURACY) -> float:
    """The difference up to which the study takes two values of a measure for the same.

    What the study says holds for every measure in the unit of its primary one; others have their own.
    """
    given = manifest["study"].get("margin")
    return float(measure.margin if given is None or measure.unit != primary(manifest).unit else given)


def families_of(manifest: Mapping[str, Any]) -> dict[Family, int]:
    """How many primary comparisons the study has at each budget and under each protocol, run or not."""
    return {(one["epochs"], one["protocol"]): one["comparisons"] for one in manifest.get("families", [])}


def looks_of(manifest: Mapping[str, Any]) -> Looked | None:
    """The looks over which verdicts are made; None where none were planned, or another measure asked for seeds."""
    found = looked(manifest)
    return found if found and found.measure == primary(manifest).name else None


def judged(manifest: Mapping[str, Any], steps: Steps, measure: Measure) -> dict[Place, Comparison]:
    """The run's comparisons by a measure, corrected within it."""
    return _judged(manifest, steps, measure.column, words_of(measure), margin_of(manifest, measure))


def judged_gaps(manifest: Mapping[str, Any], steps: Steps) -> dict[Place, Comparison]:
    """The run's comparisons by the gap between training and test accuracy."""
    return _judged(manifest, steps, GAP, judgement.GAP, margin_of(manifest))


def _judged(
    manifest: Mapping[str, Any], steps: Steps, figure: str, words: Words, margin: float
) -> dict[Place, Comparison]:
    sizes, looks = families_of(manifest), looks_of(manifest)
    return comparisons(steps, figure=figure, words=words, margin=margin, sizes=sizes, looked=looks)
