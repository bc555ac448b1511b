"""Test images that a step turned right or wrong, with what the networks looked at."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from ablation.analysis.steps import Step, Steps
from ablation.analysis.turned import turned
from ablation.report import sheets
from ablation.report.findings import Findings
from ablation.results.read import Results, Shown

EACH = 4
HEAT = (255, 64, 0)
STRONGEST = 190
SMOOTHED = 4
WIDEST = 256


def images(found: Findings, steps: Steps, step: Step) -> dict[str, Any] | None:
    """What the section of a step shows of single test images; None where the trials do not say.

    Returns:
        seeds, asked (images that every trial was asked about), fixed and broken (how many), by_chance, base (title),
        maps (whether there are any), and `groups`: heading and cards of the images shown. A card has truth,
        picture (base64 PNG), seed, before and after: class, right (of the seeds), map (base64 PNG or empty).
    """
    base = steps.base(step)
    pairs = [] if base is None else _pairs(found.results, steps, base, step)
    column = _column(found.results.picture(pairs[0][1].images), len(pairs[0][1].truth)) if pairs else None
    if base is None or column is None:
        return None
    truth = pairs[0][1].truth
    befores = np.array([before.predicted == truth for _, before, _ in pairs])
    afters = np.array([after.predicted == truth for _, _, after in pairs])
    change = turned(befores, afters)
    classes = found.manifest["dataset"]["classes"]

    def card(place: int) -> dict[str, Any]:
        seed, *networks = pairs[int(np.flatnonzero(befores[:, place] != afters[:, place])[0])]
        sides = [
            {"class": classes[one.predicted[place]], "right": int(right[place]), "map": _heat(one, place)}
            for one, right in zip(networks, (change.before, change.after), strict=True)
        ]
        return {
            "truth": classes[truth[place]],
            "picture": _png(_tile(column, place, len(truth))),
            "seed": seed,
            "before": sides[0],
            "after": sides[1],
        }

    groups = [("Turned right", change.fixed), ("Turned wrong", change.broken)]
    return {
        "seeds": len(pairs),
        "asked": len(truth),
        "fixed": len(change.fixed),
        "broken": len(change.broken),
        "by_chance": change.by_chance,
        "base": base["title"] or base["step"],
        "maps": any(one.maps is not None for _, *both in pairs for one in both),
        "groups": [
            {"heading": heading, "cards": [card(place) for place in places[:EACH]]}
            for heading, places in groups
            if places
        ],
    }


def counts(found: Findings, step: Step, title: str) -> dict[str, Any] | None:
    """How many of all test images a step fixed and broke; None where its trials do not say.

    Returns:
        base: title of what the step is held against.
        told: sentences.
        classes: cells of a table, a row a class: name, images, fixed, broken, fixed minus broken. In their own order,
            the most turned where there are many; none where the trials do not say which image is of which class.
        some: whether there are other classes.
    """
    table = found.turned
    rows = list(table[(table["design"] == step["design"]) & (table["step"] == step["step"])].itertuples())
    if not rows:
        return None
    whole, *classes = rows
    base, several = found.step_title(step["design"], whole.base), whole.seeds > 1
    fixed, broken = sheets.many(whole.fixed_mean), sheets.many(whole.broken_mean)
    told = (
        f"Of all {whole.images:,} test images, {title} fixed {fixed} that {base} predicts wrong under the same seed,"
        f" and broke {broken}"
    )
    told += (
        f" (means of {whole.seeds} seeds; {whole.fixed_min:,} to {whole.fixed_max:,} and {whole.broken_min:,} to"
        f" {whole.broken_max:,}). Another seed of {base} fixes {sheets.many(whole.by_chance)} and breaks as many."
        if several
        else ". One seed cannot tell this from chance."
    )
    most = sorted(classes, key=lambda row: -(row.fixed_mean + row.broken_mean))[: sheets.MOST_CLASSES]
    return {
        "base": base,
        "told": told,
        "classes": [
            (
                row[4],
                f"{row.images:,}",
                sheets.images(row.fixed_mean, row.fixed_min, row.fixed_max),
                sheets.images(row.broken_mean, row.broken_min, row.broken_max),
                sheets.net(row.fixed_mean - row.broken_mean),
            )
            for row in sorted(most)
        ],
        "some": len(classes) > len(most),
    }


def _pairs(results: Results, steps: Steps, base: Step, step: Step) -> list[tuple[int, Shown, Shown]]:
    """Seed, base and step where both were asked about the same images."""
    known = [{seed: results.shown(key) for seed, key in steps.hashes(one).items()} for one in (base, step)]
    both = [(seed, known[0][seed], known[1].get(seed)) for seed in known[0]]
    there = [(seed, a, b) for seed, a, b in both if a is not None and b is not None and a.images == b.images]
    return [one for one in there if one[1].images == there[0][1].images]


def _column(sheet: bytes | None, count: int) -> Image.Image | None:
    """A picture of `results.read.Results.picture`, opened; None where it is not one of so many images."""
    if sheet is None or not count:
        return None
    try:
        column = Image.open(io.BytesIO(sheet))
        if column.width > WIDEST or column.height > WIDEST * count or column.height % count:
            return None
        column.load()
    except Exception:  # a damaged PNG raises nearly anything
        return None
    return column


def _tile(column: Image.Image, place: int, count: int) -> Image.Image:
    side = column.height // count
    return column.crop((0, place * side, column.width, (place + 1) * side))


def _heat(one: Shown, place: int) -> str:
    """A map as a smooth PNG, the clearer the less it says; base64, empty where there is none."""
    if one.maps is None:
        return ""
    strength = Image.fromarray(one.maps[place])
    size = strength.width * SMOOTHED, strength.height * SMOOTHED
    alpha = strength.resize(size, Image.Resampling.BILINEAR).point(lambda value: value * STRONGEST // 255)
    heat = Image.new("RGBA", size, HEAT)
    heat.putalpha(alpha)
    return _png(heat)


def _png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
