"""What a reader must know before believing the figures."""

import pandas as pd

from ablation.analysis.intervals import SMALLEST_TESTABLE, smallest_p
from ablation.analysis.learning import is_above_chance
from ablation.analysis.measured import looks_of
from ablation.analysis.sequential import looked
from ablation.analysis.steps import AA
from ablation.report.findings import FULL, Findings
from ablation.wording import counted, listed, seen_before


def caveats(found: Findings) -> list[str]:
    """What a reader must know before believing the figures, the gravest first."""
    manifest, trials = found.manifest, found.results.trials
    notes = []
    notes += _judged_on_the_way(found)
    if repeated := manifest["dataset"].get("repeated"):
        notes.append(f"{seen_before(repeated, manifest['dataset']['test'])}.")
    notes += found.results.disagreements
    notes += _unmeasured(found)
    notes += _beyond_the_looks(found)
    for row in trials[trials["status"] != "done"].drop_duplicates("config_hash").itertuples():
        error = "" if pd.isna(row.error) else f": {row.error}"
        notes.append(f"{row.step}, seed {row.seed}: {row.status}{error}. It is left out of every mean.")
    notes += _ended_at_chance(found)
    planned = {one["config_hash"] for one in manifest["trials"]}
    if missing := planned - set(trials["config_hash"]):
        notes.append(
            f"{len(missing)} of {len(planned)} planned trials have no result yet; this report is partial."
        )
    tested = (found.table["pairs"] > 0) & (found.table["control"] != AA)
    pairs = found.table.loc[tested, "pairs"]
    if len(pairs) and pairs.min() == 1:
        notes.append(
            "With one pair of seeds a difference has no interval and no verdict; run at least three seeds."
        )
    if found.smoke:
        notes.append("Preset smoke only shows that everything works; its accuracies measure nothing.")
    if len(pairs) and 1 < pairs.min() < SMALLEST_TESTABLE:
        few = int(pairs.min())
        notes.append(
            f"With {few} pairs of seeds, a test that assumes nothing about the distribution cannot go below"
            f" p = {smallest_p(few):.2g}: verdicts rest on the differences being normal. Six pairs lift that."
        )
    dataset = manifest["dataset"]
    if found.on_other_data:
        other = found.published_title
        notes.append(
            f"The dataset is {found.images_told}, not {other} ({dataset['note']}): the lectures' accuracies"
            f" were measured on {other} and are shown for their order, not for their size."
        )
    elif manifest["preset"] != FULL and found.published:
        notes.append(
            f"Preset {manifest['preset']}: smaller networks, fewer images or epochs than in the lectures, whose"
            " accuracies are shown for their order, not for their size."
        )
    if len(found.drawn) < len(found.rungs):
        notes.append(
            f"Figures and sections show the first {len(found.drawn)} of {len(found.rungs)} rungs; summary.csv has them"
            " all."
        )
    if found.floor is not None:
        notes.append(
            "A/A control: a rung that changes nothing moves the mean by up to"
            f" ±{found.scale.amount(found.floor)}; a smaller step is chance."
        )
    return notes


def _judged_on_the_way(found: Findings) -> list[str]:
    """Under the lectures' protocol the curves are of the test images; whether a choice was made on them."""
    shown = set(found.table["design"])
    steps = [
        one for one in found.manifest["steps"] if one["protocol"] == "lecture" and one["design"] in shown
    ]
    if not steps:
        return []
    start = "Protocol lecture: all images train, and validation is the test set, as in the slides"
    recipes = [one.get("recipe", {}) for one in steps]
    if any(one.get("early_stopping") or "ReduceOnPlateau" in str(one.get("schedule")) for one in recipes):
        return [f"{start}: it led the training, so the figures are optimistic."]
    return [f"{start}. The figures are of the last epoch; none was chosen on it."]


def _beyond_the_looks(found: Findings) -> list[str]:
    """Finished seeds of primary comparisons that the looks have not seen: of a look under way, or of a run without
    looks in the same folder."""
    looks = looks_of(found.manifest)
    if not looks:
        return []
    primary = found.table[found.table["primary"].astype(bool)]
    sides = {(row.design, side) for row in primary.itertuples() for side in (row.step, row.base)}
    done = zip(found.done["design"], found.done["step"], found.done["seed"], strict=True)
    further = sorted({int(seed) for design, step, seed in done if (design, step) in sides} - set(looks.seen))
    if not further:
        return []
    many = "further seed is" if len(further) == 1 else "further seeds are"
    return [
        f"{len(further)} {many} trained and judged by no look yet: {listed(list(map(str, further)))}. They count in the"
        " means of steps, not in a delta of a primary comparison, its interval and its verdict."
    ]


def _ended_at_chance(found: Findings) -> list[str]:
    """Trainings that were not carried on because they hit no more images than guessing would."""
    notes, dataset = [], found.manifest["dataset"]
    for step in found.manifest["steps"]:
        given = step.get("recipe", {}).get("stop_at_chance")
        trials = found.done[(found.done["design"] == step["design"]) & (found.done["step"] == step["step"])]
        if given is None or not given < (step["epochs"] or 0):
            continue
        images, classes = step["sizes"].get("train") or dataset["train"], len(dataset["classes"])
        ended = sum(
            epochs == given and not is_above_chance(accuracy, images, classes)
            for epochs, accuracy in zip(trials["epochs_run"], trials["running_train_accuracy"], strict=True)
        )
        if ended:
            told = counted(len(trials), "training")
            many = f"{counted(given, 'epoch')} of {step['epochs']:g}"
            notes.append(f"{step['title'] or step['step']}: {ended} of {told} ended at chance after {many}.")
    return list(dict.fromkeys(notes))


def _unmeasured(found: Findings) -> list[str]:
    """Measures that some trials lack, and looks that another measure asked for."""
    notes = []
    for measure in (found.measure, *found.others):
        lacking = int(found.done[measure.column].isna().sum())
        if lacking:
            notes.append(
                f"{measure.title}: {lacking} of {counted(len(found.done), 'done trial')} have none: a class without"
                " test images leaves it open, or they were trained before it was measured."
            )
    looks = looked(found.manifest)
    if looks and looks.measure != found.measure.name:
        notes.append(
            f"Seeds were given on demand by {looks.measure}, not by {found.measure.name}: its verdicts take the seeds"
            " as given beforehand, and their chance of error is not kept."
        )
    return notes
