"""Every row of the lectures: what runs it here, and what the reference runs say of its figures."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis.learning import NO, YES
from ablation.analysis.multiplicity import benjamini_hochberg
from ablation.analysis.verdicts import HELPS, HURTS, NONE, OPEN, Verdict, written
from ablation.places import REFERENCE
from ablation.study.loading import load, names
from ablation.study.published import PublishedAccuracy
from ablation.study.yaml_file import read_yaml
from ablation.wording import difference, signed

ROWS = Path(__file__).parent / "lectures.yaml"
SAME = 0.01
FALSE_DISCOVERIES = 0.05
LEARNS, LEARNS_NOT = "learns", "does not learn"
CHANCE = 0.12
NOT_RUN = "not run yet"
LECTURES = {
    "A": "CNN training: problem-solving approach (Quang-Vinh Dinh)",
    "BC": "Model generalization (Quang-Vinh Dinh, the Keras deck and that of 2023)",
    "D": "Practical skills in deep learning (FIT3181 week 5, Lim Chern Hong)",
    "E": "CNNs III: regularization and training (CS280 lecture 06, Xuming He)",
}
COLUMNS = ("row", "step", "run", "published", "ours", "n", "change", "verdict")


@dataclass(frozen=True)
class Row:
    """A row of the lectures.

    Attributes:
        row: its number there.
        what: in words.
        steps: `study/step`, or `study/*` for all of a study.
        tricks, checks, commands, tests: what else runs it.
        claim: what the lecture says of each step: `learns`, `does not learn`, or nothing.
        train_at_least: training accuracy that the lecture's claim takes, 0-1.
        note: why our figures may differ.
    """

    row: str
    what: str
    steps: tuple[str, ...] = ()
    tricks: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    claim: str = ""
    train_at_least: float = 0.0
    note: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """All that runs it, in words."""
        return (
            *(f"step {one}" for one in self.steps),
            *(f"trick {one}" for one in self.tricks),
            *(f"check {one}" for one in self.checks),
            *(f"`ablation {one}`" for one in self.commands),
            *(f"test {one.partition('::')[2].removeprefix('test_').replace('_', ' ')}" for one in self.tests),
        )


def rows() -> tuple[Row, ...]:
    """All rows, in the lectures' order."""
    return tuple(_row(name, content) for name, content in read_yaml(ROWS).items())


def _row(name: str, content: Mapping[str, Any]) -> Row:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
    return Row(row=name, **fields)


@functools.cache
def ladder(name: str) -> dict[str, PublishedAccuracy]:
    """The steps of a study of the project, with their published figures."""
    return {one.step: one.lecture for one in load(name).ladder}


def document(folder: Path = REFERENCE) -> str:
    """All rows with their figures, and what runs each, as Markdown.

    Args:
        folder: of the reference runs: `<study>/<run>/summary.csv`.
    """
    all_rows, measured = rows(), reference(folder)
    lines = [
        "# The lectures beside our figures",
        "",
        "Written by `ablation lectures`. *Published* is test (training) accuracy in the slides: one run, read off its",
        "best epoch. *Ours* is the mean over n seeds, of networks and trainings small enough for a CPU unless the run",
        "is called full. In brackets stands training accuracy: the decks print the running one, taken with dropout and",
        "augmentation on; ours is measured in inference mode, and the running one stands behind it. *Change* is the",
        "difference of test accuracy from the step's base in points, with the interval that its verdict rests on.",
        "Published changes are those between rows of one published experiment. *Reproduced*: our interval supports the",
        "published change (same direction and significant, or within a point where the deck shows none), or the",
        "network learns as claimed. *No contradiction*: open, and our interval holds the published change.",
        "",
        _together(measured),
    ]
    for letters, title in LECTURES.items():
        own = [row for row in all_rows if row.row[0] in letters]
        lines += ["", f"## {', '.join(letters)}: {title}", "", *_table(COLUMNS, _figures(own, measured))]
        told = "".join(lines)
        lines += [f"\n{_mark(row)}: {row.note}." for row in own if row.note and _mark(row) in told]
        targets = ([row.row, row.what, ", ".join(row.targets) or "**nothing yet**"] for row in own)
        lines += ["", "What runs each row:", "", *_table(("row", "what", "here"), targets)]
    return "\n".join(lines) + "\n"


def _together(measured: Mapping[str, list[tuple[str, Mapping[str, Any]]]]) -> str:
    """How many comparisons stand when all studies are read as one."""
    p = [one["p"] for runs in measured.values() for _, one in runs if _known(one.get("p"))]
    passed = int((benjamini_hochberg(np.array(p, float)) < FALSE_DISCOVERIES).sum()) if p else 0
    return (
        f"Verdicts are corrected within their study. Read as one list, {passed} of the {len(p)} comparisons behind this"
        f" page pass Benjamini and Hochberg's correction at {FALSE_DISCOVERIES:.0%} false discoveries."
    )


def _mark(row: Row) -> str:
    """Of the row's footnote; Markdown takes no spaces in it."""
    return f"[^{row.row.replace(', ', '-')}]"


def _table(columns: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    rows = [list(columns), ["---"] * len(columns), *cells]
    return [f"| {' | '.join(row)} |" for row in rows]


def reference(folder: Path) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Rows of the reference runs' summaries with their run's name, by `study/step`; of the first design that has it."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for file in sorted(folder.glob("*/*/summary.csv")):
        table = pd.read_csv(file, keep_default_na=False, na_values=[""])
        by_step = {(one["design"], one["step"]): one for one in table.to_dict("records")}
        firsts = {step: (design, step) for design, step in reversed(by_step)}
        for step, place in firsts.items():
            base = by_step.get((place[0], by_step[place]["base"]), {})
            same = _experiment(file.parent.parent.name, step) == _experiment(
                file.parent.parent.name, str(base.get("step", ""))
            )
            about = {**by_step[place], "base_lecture_val": base.get("lecture_val") if same else None}
            found.setdefault(f"{file.parent.parent.name}/{step}", []).append((file.parent.name, about))
    return found


def _experiment(name: str, step: str) -> str:
    """The lecture's experiment that a step of a study belongs to; empty of what no study of the project has."""
    published = ladder(name).get(step) if name in names() else None
    return published.experiment if published else ""


def _figures(
    rows: Iterable[Row], measured: Mapping[str, list[tuple[str, Mapping[str, Any]]]]
) -> Iterator[list[str]]:
    """The cells of each step that has a published figure, a claim or a reference run, and each of its runs."""
    for row in rows:
        for step in _expanded(row.steps):
            published = _published(step) or row.claim
            note = _mark(row) if row.note else ""
            runs = [(run, one) for run, one in measured.get(step, []) if one["n"]]
            if not runs and published:
                yield [row.row, step, "–", published, "–", "–", "–", f"{NOT_RUN}{note}"]
            for run, one in runs:
                ours = f"{one['test_mean']:.3f} ({_training(one)})"
                change = difference(
                    *(one.get(name, nan) for name in ("delta", "delta_ci_low", "delta_ci_high"))
                )
                told = verdict(one, row.claim, row.train_at_least)
                yield [
                    row.row,
                    step,
                    run,
                    published or "–",
                    ours,
                    str(one["n"]),
                    change,
                    f"{told}{note if told.startswith(('open', 'differs')) else ''}",
                ]


def _training(one: Mapping[str, Any]) -> str:
    """Training accuracy in inference mode, and the running one where a deck prints its own."""
    running = one.get("running_train_mean")
    if not _known(running) or not _known(one.get("lecture_train")):
        return f"{one['train_mean']:.3f}"
    return f"{one['train_mean']:.3f}, running {running:.3f}"


def verdict(one: Mapping[str, Any], claim: str = "", train_at_least: float = 0.0) -> str:
    """Whether a step of a reference run does as the lecture says.

    Args:
        one: a row of `summary.csv`, with the published figure of its base as `base_lecture_val`.
        claim: `learns`, `does not learn`, or empty for what follows from the published figures.
        train_at_least: training accuracy, 0-1, that the claim takes beyond leaving chance.

    Returns:
        `reproduced`, `no contradiction`, `differs` or `open`, with the reason; our own verdict where the lecture
        compares the step with nothing.
    """
    if not claim and _known(one.get("lecture_train")) and one["lecture_train"] <= CHANCE:
        claim = LEARNS_NOT
    if claim:
        return _learning(one, claim, train_at_least)
    ours = written(str(one["verdict"])) if _known(one.get("verdict")) else Verdict()
    if not all(_known(one.get(name)) for name in ("lecture_val", "base_lecture_val", "delta")):
        return ours.words
    change = float(one["lecture_val"] - one["base_lecture_val"])
    there = f"({signed(change)} points there): {ours.words}"
    expected = HELPS if change >= SAME else HURTS if change <= -SAME else NONE
    if ours.kind == expected:
        return f"reproduced {there}"
    if ours.kind != OPEN:
        return f"differs {there}"
    low, high = (one.get(name, nan) for name in ("delta_ci_low", "delta_ci_high"))
    return f"{'no contradiction' if low <= change <= high else 'open'} {there}"


def _learning(one: Mapping[str, Any], claim: str, train_at_least: float) -> str:
    learned = one.get("learns")
    if learned != (YES if claim == LEARNS else NO):
        return f"differs: learns: {learned}"
    if train_at_least and max(one["train_mean"], one.get("running_train_mean", 0.0)) < train_at_least:
        return f"differs: training accuracy stays below {train_at_least:g}"
    return f"reproduced: {claim}" + (f", training accuracy over {train_at_least:g}" if train_at_least else "")


def _known(figure: Any) -> bool:
    return figure is not None and pd.notna(figure)


def _expanded(steps: Iterable[str]) -> Iterator[str]:
    for one in steps:
        name, _, step = one.partition("/")
        yield from [f"{name}/{each}" for each in ladder(name)] if step == "*" else [one]


def _published(step: str) -> str:
    name, _, wanted = step.partition("/")
    lecture = ladder(name)[wanted]
    val = "" if lecture.val is None else f"{lecture.val:.3f}"
    return f"{val} ({lecture.train:.3f})".strip() if lecture.train is not None else val
