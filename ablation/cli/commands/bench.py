"""`ablation bench`: how fast trials train."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes, groups

HELP = "training speed beside the lecture's script and a PyTorch loop"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_data_options(parser)
    groups.add_steps(parser, "only these steps")
    groups.add_set(parser)
    parser.add_argument("--rounds", type=groups.positive, default=5, metavar="N", help="turns of each (5)")
    parser.add_argument(
        "--seconds",
        type=groups.positive,
        default=2,
        metavar="S",
        help="about how long a turn of ours takes (2)",
    )
    groups.add_out(parser, "folder (results/bench/STUDY-PRESET)")


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation import bench, data, study
    from ablation.terminal import Terminal

    options = groups.options_of(given, arguments)
    loaded = study.load(given.study)
    preset, dataset, _ = groups.preset_and_data(options, loaded)
    steps = study.plan(loaded, preset=preset, dataset=dataset, sets=options.sets, steps=options.steps)
    groups.load_backend()
    folder = options.out or Path("results") / "bench" / f"{loaded.study}-{preset}"
    terminal = Terminal()
    timed = bench.bench(
        steps,
        data.shape_and_classes(dataset, options.data_dir),
        data.dataset_of(dataset, options.data_dir).train,
        folder,
        rounds=given.rounds,
        seconds=given.seconds,
        setting={"study": loaded.study, "preset": preset, "command": options.command},
        say=terminal.say,
    )
    terminal.print(bench.terminal_table(timed))
    terminal.say(f"written to {folder}")
    return exit_codes.DONE
