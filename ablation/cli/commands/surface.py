"""`ablation surface`: the loss around trained networks."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes, groups

HELP = "the loss around trained networks: a plane, the largest curvature"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_data_options(parser)
    groups.add_steps(parser, "which steps (all)")
    groups.add_out(parser, "folder (results/surface/STUDY)")


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation import study
    from ablation.terminal import Terminal

    options = groups.options_of(given, arguments)
    loaded = study.load(given.study)
    preset, dataset, why = groups.preset_and_data(options, loaded)
    steps = study.plan(loaded, preset=preset, dataset=dataset, steps=options.steps)
    terminal = Terminal()
    terminal.say(f"{loaded.title or loaded.study}: {dataset} ({why}), preset {preset}, seed 0")
    groups.load_backend()
    from ablation.data.request import DataRequest, read_data
    from ablation.surface import check_place, survey

    out = options.out or Path("results") / "surface" / loaded.study
    check_place(out)
    for step in steps:
        request = DataRequest(dataset, options.data_dir, loaded.protocol, step.setting.sizes)
        splits = read_data(request.of_seed(0))
        terminal.say(f"{step.title}: {survey(step, splits, out)}")
    terminal.say(str(out))
    return exit_codes.DONE
