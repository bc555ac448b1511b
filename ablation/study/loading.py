"""Finding and reading studies."""

from pathlib import Path

from pydantic import ValidationError

from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.places import STUDIES
from ablation.study.planned import Variant
from ablation.study.planning import plan
from ablation.study.schema import Study
from ablation.study.tuning import Tuning, check_tuning
from ablation.study.yaml_file import parse_yaml, read_yaml


def names() -> tuple[str, ...]:
    """The studies that come with the project."""
    return tuple(sorted(file.stem for file in STUDIES.glob("*.yaml")))


def title(name: str) -> str:
    """The title of a study of the project, read off its line alone: a list of studies need not plan them."""
    lines = (STUDIES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return next((parse_yaml(line, name)["title"] for line in lines if line.startswith("title:")), "")


def load(name_or_file: str) -> Study:
    """A study by its name in `experiments/`, or a file of the user's own.

    All of the latter is planned once, so that a mistake in a preset that is not asked for is told too.

    Raises:
        UserError: no such study, or a mistake in the file; the text names file and key.
    """
    file = Path(name_or_file)
    own = file.suffix in (".yaml", ".yml")
    if not own:
        if name_or_file not in names():
            raise UserError(
                f"unknown study '{name_or_file}'{did_you_mean(name_or_file, names())}, or a .yaml file"
            )
        file = STUDIES / f"{name_or_file}.yaml"
    written = read_yaml(file)
    try:
        study = Study.model_validate(written)
        _check_datasets(study)
        if study.tune != Tuning():
            check_tuning(study.tune, [step.step for step in study.ladder])
        if own:
            plan_all(study)
    except ValidationError as error:
        raise UserError(f"{file.name}: {explain(error, model=Study)}") from error
    except UserError as error:
        raise UserError(f"{file.name}: {error}") from error
    return study


def plan_all(study: Study) -> None:
    """Plan every design of a study at every preset, for every dataset that the preset has settings of.

    Raises:
        UserError: one of them cannot be planned.
    """
    for preset, content in study.presets.items():
        for dataset in (study.dataset, *content.datasets):
            for design in study.designs:
                plan(study, preset=preset, dataset=dataset, design=Variant(design))


def _check_datasets(study: Study) -> None:
    named = {"dataset": study.dataset} if study.dataset != "auto" else {}
    for preset, content in study.presets.items():
        named |= {f"presets.{preset}.datasets.{dataset}": dataset for dataset in content.datasets}
    if named:
        from ablation import data

        for where, dataset in named.items():
            if dataset not in data.names():
                raise UserError(f"{where}: unknown dataset '{dataset}'{did_you_mean(dataset, data.names())}")
