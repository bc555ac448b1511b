"""`ablation plan`: what would run."""

import argparse
import dataclasses
from collections.abc import Sequence

from ablation.cli import exit_codes, groups

HELP = "what would run, with parameters and FLOPs"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_study_options(parser)


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from rich.table import Table
    from rich.text import Text

    from ablation.runner.display import Terminal
    from ablation.runner.plan import plan_run
    from ablation.study.planning import nodes
    from ablation.wording import counted

    options = groups.options_of(given, arguments)
    loaded = groups.study_of(given)
    preset = groups.preset_of(options, loaded)
    asked = plan_run(loaded, dataclasses.replace(options, preset=preset))
    different = {f"{step.setting.recipe!r} {step.setting.sizes!r} {step.protocol}" for step in asked.steps}
    trials = counted(len(different) * len(asked.seeds), "trial")
    caption = f"{trials}: settings that coincide are trained once"
    if not options.preset and preset == "quick":
        caption += "; where there is a GPU, run takes preset full"
    table = Table(title=Text(asked.title), caption=caption)
    for column in ("design", "step", "trains on", "epochs", "parameters", "MFLOPs an image", "trials"):
        table.add_column(column, justify="left" if column in ("design", "step") else "right")
    for step in asked.steps:
        layers = nodes(step, asked.shape, asked.classes)
        table.add_row(
            step.design,
            Text(step.title),
            f"{step.setting.sizes.train:,}" if step.setting.sizes.train else "all",
            str(step.setting.recipe.epochs),
            f"{sum(layer.parameters for layer in layers):,}",
            f"{sum(layer.flops for layer in layers) / 1e6:,.1f}",
            str(len(asked.seeds)),
        )
    Terminal().print(table)
    return exit_codes.DONE
