"""`ablation check`: can a study learn from these data at all?"""

import argparse
from collections.abc import Sequence

from ablation.cli import exit_codes, groups
from ablation.errors import UserError
from ablation.runner.options import names

HELP = "a study's sanity list: can it learn from these data at all?"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_data_options(parser)
    parser.add_argument("--step", default="", metavar="S", help="which step's recipe (the first)")


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation import study
    from ablation.data.request import DataRequest, read_data

    options = groups.options_of(given, arguments)
    loaded = study.load(given.study)
    preset, dataset, why = groups.preset_and_data(options, loaded)
    step = study.plan(loaded, preset=preset, dataset=dataset, steps=names(given.step))[0]
    print(f"{loaded.title or loaded.study}, {step.title}: {dataset} ({why}), preset {preset}", flush=True)
    splits = read_data(DataRequest(dataset, options.data_dir, loaded.protocol, step.setting.sizes))
    groups.load_backend()
    from ablation import checks

    try:
        findings = checks.check(step.setting.recipe, splits)
    except ValueError as error:
        raise UserError(f"{given.study}: {step.step}: {error}") from error
    print(checks.table(findings))
    failed = any(finding.status == "fail" for finding in findings)
    return exit_codes.FAILED if failed else exit_codes.DONE
