"""The result in a few sentences, and the words of each verdict."""

from typing import Any

from ablation.analysis.verdicts import HELPS, HURTS, NARROWS, NONE, OPEN, WIDENS
from ablation.report.findings import Findings
from ablation.wording import FRACTION, gap_points, listed

UNMEASURED = "not measured"
WHY_SMOKE = "preset smoke trains tiny networks for moments, to show that everything works"


def headline(found: Findings) -> str:
    """A few sentences that hold the result, every figure in them computed, the tricks their subjects."""
    return " ".join([story(found), *_answers(found)])


def story(found: Findings) -> str:
    """Where the ladder begins and ends, or why nothing can be said of it."""
    rungs = list(found.rungs.itertuples())
    start = f"{found.images_told} ({found.manifest['preset']}): "
    first, last = rungs[0], rungs[-1]
    compared = [row for row in rungs if row.pairs]
    alone = (
        f"{found.title(first)} reaches {found.scale.value(first.measure_mean)} {found.measure.phrase} with a gap of"
        f" {gap_points(first.gap_mean)}"
    )
    if not compared:
        return f"{start}{alone}; nothing is compared with it yet."
    if not is_measured(found):
        return f"{start}{alone}. Nothing is measured here: {_why_nothing(found)}."
    told = f"{alone}."
    if found.climbs:
        value, gap = found.scale.value, "gap" if found.of_accuracy else "accuracy gap"
        told = (
            f"from {found.title(first)} to {found.title(last)}, {found.measure.phrase} goes from"
            f" {value(first.measure_mean)} to {value(last.measure_mean)} and the {gap} between training and test"
            f" from {gap_points(first.gap_mean)} to {gap_points(last.gap_mean)}."
        )
    return f"{start}{told}"


def is_measured(found: Findings) -> bool:
    """Whether any comparison has the pairs of seeds that a verdict takes, at a size at which networks learn."""
    return not found.smoke and bool((found.table["pairs"] > 1).any())


def _why_nothing(found: Findings) -> str:
    if found.smoke:
        return WHY_SMOKE
    return "one seed shows no spread to judge a difference by; run at least three"


def verdicts(found: Findings) -> list[tuple[str, list[str]]]:
    """The kinds of verdict that there are, on accuracy and on the gap, each with its tricks and their gains in points:
    `("helps", ["dropout (+8.2)"])`; none where nothing is measured."""
    if not is_measured(found):
        return []
    compared = [row for row in found.rungs.itertuples() if row.pairs]
    kinds = [(kind, "verdict_kind", "delta", found.scale) for kind in (HELPS, HURTS, NONE, OPEN)]
    kinds += [(kind, "gap_verdict_kind", "gap_delta", FRACTION) for kind in (NARROWS, WIDENS)]
    told = [
        (
            kind,
            [
                f"{found.subject(row)} ({scale.signed(found.gained(row, figure))})"
                for row in compared
                if getattr(row, column) == kind
            ],
        )
        for kind, column, figure, scale in kinds
    ]
    return [(kind, tricks) for kind, tricks in told if tricks]


def _answers(found: Findings) -> list[str]:
    """A sentence for each kind of verdict, on accuracy and on the gap."""
    words = {
        HELPS: ("helps", "help"),
        HURTS: ("hurts", "hurt"),
        NONE: ("makes no difference", "make no difference"),
        OPEN: ("is open", "are open"),
        NARROWS: ("narrows the gap", "narrow the gap"),
        WIDENS: ("widens the gap", "widen the gap"),
    }
    sentences = [f"{listed(tricks)} {words[kind][len(tricks) > 1]}." for kind, tricks in verdicts(found)]
    return [sentence[:1].upper() + sentence[1:] for sentence in sentences]


def short_verdict(found: Findings, row: Any) -> str:
    """The words of a row's verdict, its figure standing beside it in a column of its own; no verdict at smoke.

    Args:
        row: a row of `summary` as a named tuple.
    """
    if not row.n:
        return "no finished trial"
    return UNMEASURED if row.verdict_words and found.smoke else row.verdict_words
