"""How the verdicts came about: the tests, what their intervals cover, the looks that were taken."""

import pandas as pd

from ablation.analysis.measured import looks_of
from ablation.analysis.sequential import Looked
from ablation.report.findings import Findings
from ablation.results.manifest import draws_of
from ablation.wording import FRACTION, counted, listed


def how_judged(found: Findings) -> list[str]:
    """How the table's verdicts came about, in sentences."""
    tested = found.table[found.table["p"].notna()]
    if tested.empty:
        return ["One pair of seeds has no interval and no verdict."]
    prior = tested.drop_duplicates(["prior_deviation", "prior_degrees"]).iloc[0]
    common = found.scale.amount(prior.prior_deviation)
    shrunk = (
        f"Its deviation is drawn towards the study's common one, {common}, which"
        f" is worth {prior.prior_degrees:.1f} degrees of freedom."
        if prior.prior_degrees > 0
        else "No common deviation could be told from so few comparisons, so each stands on its own."
    )
    count = int(tested["comparisons"].max())
    looks = looks_of(found.manifest)
    return [
        *_units(found),
        f"against the step's base and paired by seed. A delta is judged by the moderated paired t. {shrunk}",
        "Holm's correction",
        f"for {counted(count, 'primary comparison')} keeps the chance of any false verdict among them under 5 %.",
        *(_looks_taken(looks, tested) if looks else []),
        "The interval beside a delta is the one that its verdict rests on. No difference: the",
        "two-sided interval of the look's level lies" if looks else "90 % interval lies",
        f"within ±{found.margin}. Open: neither shown. {_covered(found)}",
        *_images_share(found),
        *_without_predictions(found),
    ]


def _units(found: Findings) -> list[str]:
    """What stands in the columns of means and differences."""
    title = found.measure.title
    units = (
        "Gap and delta are in points, delta"
        if found.scale == FRACTION
        else f"The gap is in points, delta in {found.scale.units},"
    )
    direction = (
        "" if found.measure.higher_is_better else f" The lower the {found.measure.phrase}, the better."
    )
    decides = "" if found.of_accuracy else " of accuracy"
    return [f"{title} and gap{decides} are means over seeds, ± their 95 % interval.{direction} {units}"]


def _covered(found: Findings) -> str:
    """What intervals over seeds cover, and what not."""
    draws = draws_of(found.manifest)
    if draws == {"shared"}:
        return (
            "Intervals cover the choice of seed, not that of images: all seeds share the training images and the"
            " test images."
        )
    where = "" if draws == {"seed"} else ", where it is a part of those that are there"
    return (
        f"Intervals cover the choice of seed and of training images, of which each seed draws its own part{where}, not"
        " that of the test images."
    )


def _images_share(found: Findings) -> list[str]:
    """How far the choice of test images may move a difference, beside that of seeds; nothing where trials do not keep
    their predictions."""
    known = found.image_errors[found.image_errors["design"] == found.design].merge(found.rungs[["step"]])
    known = known[known["seeds"] > 1]
    if known.empty:
        return []
    images, seeds = (FRACTION.amount(known[name].median()) for name in ("image_error", "seed_error"))
    tested = listed([f"{number:,}" for number in sorted(known["images"].unique())])
    return [
        f"Which {tested} test images were taken moves a difference of accuracies by {images} at most, which seeds were"
        f" taken by {seeds} (standard errors, medians of {counted(len(known), 'comparison')}; the first by a paired"
        " bootstrap over images in closed form).",
    ]


def _looks_taken(looks: Looked, tested: pd.DataFrame) -> list[str]:
    """At how many looks the seeds were given that each primary comparison is told by."""
    planned = listed(list(map(str, looks.plan.seeds)))
    primary = tested[tested["primary"].astype(bool)]
    given = [
        f"{counted(int(seeds), 'seed')} over {counted(int(times), 'look')}: {listed([*dict.fromkeys(rows['step'])])}"
        for (seeds, times), rows in primary.groupby(["pairs", "looks"])
    ]
    told_by = (
        "Delta, interval and deviation of a primary comparison are of the seeds of the look that decided it or, while"
        " it is open, of the last that tested it; the common deviation above is that of the look of"
        f" {tested.iloc[0].step}."
    )
    return [
        f"Seeds were given on demand: {looks.taken} of {counted(len(looks.plan.seeds), 'look')} planned at {planned}",
        "seeds were taken, each at its share of the 5 %, so that they hold over all looks.",
        *([f"{'; '.join(given)}."] if given else []),
        told_by,
    ]


def _without_predictions(found: Findings) -> list[str]:
    """How many trials the counts of single test images leave out."""
    done = found.done.drop_duplicates("config_hash")
    tested = done.loc[done["test_accuracy"].notna(), "config_hash"]
    lacking = sum(found.results.right(key) is None for key in tested)
    if not lacking:
        return []
    return [
        f"Which test images they predicted right is not known of {lacking} of {counted(len(tested), 'trial')}, since"
        " earlier versions did not keep it: counts of images fixed and broken leave them out.",
    ]
