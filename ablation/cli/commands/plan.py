"""`ablation plan`: what would run."""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from ablation.cli import exit_codes, groups

HELP = "what would run, with parameters and FLOPs"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_study_options(parser)
    parser.add_argument(
        "--time", action="store_true", help="also how long, from a few timed steps of each network"
    )


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ablation.runner.plan import plan_run
    from ablation.study.planning import nodes
    from ablation.terminal import Terminal, titled
    from ablation.wording import counted, duration

    options = groups.options_of(given, arguments)
    loaded = groups.study_of(given)
    preset = groups.preset_of(options, loaded)
    asked = plan_run(loaded, dataclasses.replace(options, preset=preset))
    different = set(map(_trained_as, asked.steps))
    trials = counted(len(different) * len(asked.seeds), "trial")
    caption = f"{trials}: settings that coincide are trained once"
    if not options.preset and preset == "quick":
        caption += "; where there is a GPU, run takes preset full"
    columns = ["trains on", "epochs", "parameters", "MFLOPs", "trials"]
    times: tuple[float, ...] = ()
    if given.time:
        groups.load_backend()
        times, at_once = _times(asked)
        whole = dict(zip(map(_trained_as, asked.steps), times, strict=True))
        total = sum(whole.values()) * len(asked.seeds) / at_once
        columns.append("a trial")
        caption += f"; about {duration(total)} with {counted(at_once, 'trial')} at a time"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("step")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    design = ""
    for index, step in enumerate(asked.steps):
        if step.design != design:
            design = step.design
            table.add_section()
            table.add_row(Text(design, style="bold"))
        layers = nodes(step, asked.shape, asked.classes)
        table.add_row(
            Text(step.title),
            f"{step.setting.sizes.train:,}" if step.setting.sizes.train else "all",
            str(step.setting.recipe.epochs),
            f"{sum(layer.parameters for layer in layers):,}",
            f"{sum(layer.flops for layer in layers) / 1e6:,.1f}",
            str(len(asked.seeds)),
            *([duration(times[index])] if times else []),
        )
    terminal = Terminal()
    terminal.print(titled(asked.title, table, f"{caption}; MFLOPs are of one image, forward"))
    for note in asked.without:
        terminal.say(note)
    return exit_codes.DONE


def _trained_as(step: Any) -> str:
    """Equal for planned steps that are one training."""
    return f"{step.setting.recipe!r} {step.setting.sizes!r} {step.protocol}"


def _times(asked: Any) -> tuple[tuple[float, ...], int]:
    """Seconds of a trial of each planned step, and how many trials run at a time."""
    from ablation.bench.forecast import forecast, work_of
    from ablation.data import dataset_of
    from ablation.hardware import default_jobs
    from ablation.networks.graph import blank_problem

    there = dataset_of(asked.address, asked.options.data_dir).train
    at_once = default_jobs()
    shape = asked.steps[0].setting.sizes.image_shape(asked.shape)
    problem = blank_problem(shape, asked.classes)
    return forecast([work_of(step, there) for step in asked.steps], problem, at_once, print), at_once
