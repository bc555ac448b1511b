"""How fast we train a network, beside the lecture's own Keras script and a native PyTorch loop for the same network.

Also, on a machine without a GPU, how fast as many trials are as there are cores, each on its own core.

Each contender lives in a process of its own. They take turns, so that what else the machine does hits all alike, and
are compared as ratios within a turn.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from ablation.bench.forecast import Work, work_of
from ablation.bench.process import Contender, Skipped
from ablation.files import check_own_folder, write_atomically
from ablation.networks.layout import Node, Problem, blank_problem
from ablation.recipe import Recipe
from ablation.report import style
from ablation.runner.provenance import commit, now, versions
from ablation.study.planned import PlannedStep
from ablation.study.planning import nodes
from ablation.wording import duration

CONTENDERS = ("lecture", "pytorch", "ours")
OTHERS = CONTENDERS[:-1]
AT_ONCE = "at_once"
FILES = ("turns.csv", "bench.csv", "bench.png", "manifest.json")
TRAINING_FLOPS = (
    3  # a step computes the forward pass and twice as much for the gradients of inputs and of kernels
)


def bench(
    steps: Sequence[PlannedStep],
    images: tuple[tuple[int, ...], int],
    there: int,
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    setting: Mapping[str, Any],
    say: Callable[[str], None],
) -> pd.DataFrame:
    """Time the networks of some steps and keep `turns.csv`, `bench.csv`, `bench.png` and `manifest.json`.

    Args:
        steps: of a study.
        images: their shape (height, width, channels) and the number of classes; the images themselves are random.
        there: training images of the data set.
        folder: where the files go.
        rounds: turns of every contender.
        seconds: about how long a turn of ours takes.
        setting: what else the manifest says.
        say: told of progress.

    Returns:
        What `ratios` makes of the turns.

    Raises:
        UserError: a network cannot be built on such images, or the folder cannot be written or holds other files.
    """
    check_own_folder(folder, FILES.__contains__)
    from ablation.bench.figure import draw
    from ablation.hardware import accelerators, default_jobs, device_name
    from ablation.networks.build import resolve_precision

    def rung(step: PlannedStep) -> Rung:
        recipe = step.setting.recipe
        recipe = recipe.replace(precision=resolve_precision(recipe.precision))
        return Rung(step.step, step.title, recipe, nodes(step, *images), work_of(step, there))

    rungs, start = [rung(step) for step in steps], now()
    side_by_side = 0 if accelerators() else default_jobs()
    turns = take_turns(
        rungs,
        blank_problem(*images),
        trials_at_once=side_by_side if side_by_side > 1 else 0,
        rounds=rounds,
        seconds=seconds,
        say=say,
    )
    table, first = ratios(turns, rungs), rungs[0].recipe
    size = (
        f"filters from {first.widths[0]} to {first.widths[-1]}, {first.convs_per_block} convs a block, batch"
    )
    manifest = {
        **setting,
        "size": f"{size} {first.batch_size}",
        "rounds": rounds,
        "trials_at_once": side_by_side,
        "versions": versions(),
        "device": device_name(),
        "git_commit": commit(),
        "start": start,
        "end": now(),
    }
    contents: tuple[bytes | str, ...] = (
        turns.to_csv(index=False, float_format="%.6g"),
        table.to_csv(index=False, float_format="%.6g"),
        style.png(draw(table, f"{manifest['device']}; {manifest['size']}; {first.precision}")),
        json.dumps(manifest, indent=2) + "\n",
    )
    for name, content in zip(FILES, contents, strict=True):
        write_atomically(folder / name, content)
    return table


@dataclass(frozen=True)
class Rung:
    """A network to be timed.

    Attributes:
        step, title: its name.
        recipe: its precision settled, not `auto`.
        nodes: its layers.
        work: a whole training.
    """

    step: str
    title: str
    recipe: Recipe
    nodes: tuple[Node, ...]
    work: Work

    @property
    def training_flops(self) -> int:
        """Floating-point operations of a training step, an image."""
        return TRAINING_FLOPS * sum(node.flops for node in self.nodes)


def take_turns(
    rungs: Sequence[Rung],
    problem: Problem,
    *,
    trials_at_once: int,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> pd.DataFrame:
    """Time every rung.

    Args:
        rungs: what to time.
        problem: shape of the images and number of classes; the images themselves are random.
        trials_at_once: processes of ours on one thread each that take a turn together, as contender `at_once`; 0 for
            none.
        rounds: turns of every contender, after one to warm up.
        seconds: about how long a turn of ours takes.
        say: told of progress.

    Returns:
        A row a turn: step, contender, round (from 1), images_per_second, ceiling (`process.ceiling`, FLOP/s in the
        rung's precision, ours only), skipped (why a contender did not take part).
    """
    contenders = {name: Contender(name, problem) for name in CONTENDERS}
    side_by_side = [Contender("ours", problem, one_thread=True) for _ in range(trials_at_once)]
    try:
        rows = [
            {"step": rung.step, **row}
            for rung in rungs
            for row in _rung(rung, contenders, side_by_side, rounds=rounds, seconds=seconds, say=say)
        ]
    finally:
        for contender in (*contenders.values(), *side_by_side):
            contender.end()
    return pd.DataFrame(
        rows, columns=["step", "contender", "round", "images_per_second", "ceiling", "skipped"]
    )


def _rung(
    rung: Rung,
    contenders: Mapping[str, Contender],
    side_by_side: Sequence[Contender],
    *,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    ready = {}
    for name, contender in contenders.items():
        try:
            contender.prepare(rung.recipe)
            ready[name] = contender
        except Skipped as reason:
            say(f"{rung.title}: {name} is left out: {reason}")
            yield {"contender": name, "skipped": str(reason)}
    for one in side_by_side:
        one.prepare(rung.recipe)
    steps = max(2, round(seconds * contenders["ours"].speed(2) / rung.recipe.batch_size))
    for turn in range(rounds + 1):
        speeds = {name: contender.speed(steps) for name, contender in ready.items()}
        if side_by_side:
            for one in side_by_side:
                one.begin(steps)
            speeds[AT_ONCE] = sum(one.finish(steps) for one in side_by_side)
        if turn:
            ceiling = contenders["ours"].ceiling(rung.recipe.precision)
            say(
                f"{rung.title}, turn {turn} of {rounds}: "
                + ", ".join(f"{name} {speed:,.0f} images/s" for name, speed in speeds.items())
            )
            for name, speed in speeds.items():
                row = {"contender": name, "round": turn, "images_per_second": speed}
                yield row | ({"ceiling": ceiling} if name == "ours" else {})


def ratios(turns: pd.DataFrame, rungs: Sequence[Rung]) -> pd.DataFrame:
    """What the turns say.

    Args:
        turns: what `take_turns` gave.
        rungs: the rungs it timed.

    Returns:
        A row a rung: step, title, precision, training_flops (an image), images/s of each contender (medians), our
        ratio to each other one (median over turns, with the least and largest), the ratio of trials side by side to
        ours (`at_once_to_ours`, likewise), ceiling (FLOP/s, median), share_of_ceiling and at_once_share_of_ceiling
        (0-1, medians over turns), training_seconds (of a whole training at our speed, alone on all cores) and
        at_once_training_seconds (the time of a round of trials side by side by their number).
    """
    rows = []
    for rung in rungs:
        mine = turns[(turns["step"] == rung.step) & turns["images_per_second"].notna()]
        speed = mine.pivot(index="round", columns="contender", values="images_per_second")
        speed = speed.reindex(columns=[*CONTENDERS, AT_ONCE])
        ceiling = mine[mine["contender"] == "ours"].set_index("round")["ceiling"]
        row: dict[str, Any] = {
            "step": rung.step,
            "title": rung.title,
            "precision": rung.recipe.precision,
            "training_flops": rung.training_flops,
            **{name: speed[name].median() for name in (*CONTENDERS, AT_ONCE)},
        }
        compared = {f"to_{other}": speed["ours"] / speed[other] for other in OTHERS}
        for name, ratio in (compared | {"at_once_to_ours": speed[AT_ONCE] / speed["ours"]}).items():
            row |= {name: ratio.median(), f"{name}_low": ratio.min(), f"{name}_high": ratio.max()}
        row["ceiling"] = ceiling.median()
        for prefix, name in (("", "ours"), ("at_once_", AT_ONCE)):
            row[f"{prefix}share_of_ceiling"] = (speed[name] * rung.training_flops / ceiling).median()
            row[f"{prefix}training_seconds"] = rung.work.seconds(row[name])
        rows.append(row)
    return pd.DataFrame(rows)


def terminal_table(table: pd.DataFrame) -> Table:
    """The benchmark for the terminal: medians, and ratios with the least and the largest of the turns."""
    shown = Table(
        title="Training images a second, and ours against the others (median of the turns)",
        caption="ceiling: share of the best matrix product or convolution on all cores; a training: the whole of"
        " it, of those at once their time by their number",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    speeds = {"lecture": "lecture", "pytorch": "PyTorch", "ours": "ours", AT_ONCE: "at once"}
    compared = {"to_lecture": "/lecture", "to_pytorch": "/PyTorch", "at_once_to_ours": "at once/ours"}
    shown.add_column("rung")
    for column in (*speeds.values(), *compared.values(), "ceiling", "a training"):
        shown.add_column(column, justify="right")
    for _, row in table.iterrows():
        prefix = "" if pd.isna(row[AT_ONCE]) else "at_once_"
        share, seconds = (row[f"{prefix}{name}"] for name in ("share_of_ceiling", "training_seconds"))
        cells = [(row[name], f"{row[name]:,.0f}") for name in speeds]
        cells += [(row[name], f"{row[name]:.2f}") for name in compared]
        cells += [(share, f"{share:.0%}"), (seconds, duration(seconds))]
        shown.add_row(row["title"], *("–" if pd.isna(value) else text for value, text in cells))
    return shown
