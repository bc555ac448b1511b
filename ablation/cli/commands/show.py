"""`ablation show`: a trick's card, a measure, a family of networks, or a study rung by rung."""

import argparse
import inspect
from collections.abc import Sequence

from ablation.cli import exit_codes
from ablation.cli.printed import tell
from ablation.errors import UserError, did_you_mean
from ablation.wording import first_line, reflowed

HELP = "a trick's card, a measure, a family of networks, or a study rung by rung"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation import measures, study, tricks

    if given.name in tricks.names():
        from ablation.lectures.reference import measured, published

        tell(reflowed(tricks.card(given.name)), hanging=0)
        print()
        for line in measured(given.name):
            tell(f"Measured: {line}")
        for line in published(given.name):
            tell(f"Published: {line}")
        return exit_codes.DONE
    if given.name in measures.names():
        measure = measures.computed(given.name)
        tell(f"{measure.title}\n\n{reflowed(inspect.getdoc(measure.function) or '')}".strip(), hanging=0)
        return exit_codes.DONE
    from ablation.networks import families

    if given.name in families.names():
        tell(
            f"Networks of `network.family: {given.name}`\n\n{reflowed(families.card(given.name))}", hanging=0
        )
        if given.name not in study.names():
            return exit_codes.DONE
        print()
    if given.name not in study.names() and not given.name.endswith((".yaml", ".yml")):
        known = (*tricks.names(), *study.names(), *measures.names(), *families.names())
        raise UserError(
            f"show: unknown trick, study, measure or family '{given.name}'{did_you_mean(given.name, known)}"
        )
    _tell_study(given.name)
    return exit_codes.DONE


def _tell_study(name: str) -> None:
    from ablation import study, tricks

    shown = study.load(name)
    tell(f"{shown.title or shown.study}\n{shown.question}\n{shown.source}".strip(), hanging=0)
    told = [one.phrase for one in shown.reported]
    tell(f"verdicts by {told[0]}" + (f"; also reported: {', '.join(told[1:])}" if told[1:] else ""))
    for step in study.plan(shown, preset="full", dataset=shown.dataset):
        tell(f"\n{step.position} {step.title}" + (f" (on {step.base})" if step.base else ""))
        for name, parameters in step.uses:
            settings = ", ".join(
                f"{key}={value}" for key, value in (tricks.parameters(name) | parameters).items()
            )
            tell(f"    {name}({settings}): {first_line(tricks.card(name))}")
        for name, value in step.lecture.model_dump(exclude_defaults=True).items():
            tell(f"    lecture, {name}: {value}")
