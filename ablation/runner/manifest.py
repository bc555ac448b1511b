"""The manifest of a run: what is trained, on what, with what."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ablation import hardware, own_code, tricks
from ablation.measures import ACCURACY
from ablation.runner import samples
from ablation.runner.provenance import commit, now, versions
from ablation.runner.work import Place, Work
from ablation.study.planned import CONTROL, PlannedStep
from ablation.study.planning import nodes
from ablation.study.schema import Study


def of(work: Work) -> dict[str, Any]:
    """What a run by itself has to tell, not yet at its end.

    Raises:
        UserError: a network that cannot be built on such images.
    """
    plan, study = work.plan, work.plan.study
    first = work.images(work.steps[0])
    return {
        "study": study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        | {"name": study.study, "title": study.title or study.study},
        **({"measures": [one.told() for one in study.reported]} if study.reported != (ACCURACY,) else {}),
        "preset": plan.preset,
        "protocol": study.protocol,
        "dataset": {
            "name": plan.dataset,
            "title": first.title,
            "published": first.published,
            "note": plan.why,
            "notes": list(first.notes),
            **({"repeated": first.repeated} if first.repeated else {}),
            "protocol": work.steps[0].protocol,
            "source": first.source,
            "sha256": first.sha256,
            "train": len(first.x_train),
            "val": len(first.x_val),
            "test": len(first.x_test),
            "classes": list(first.classes),
        },
        "versions": versions(),
        "backend": work.backend,
        "strategy": plan.options.strategy,
        "devices": work.devices,
        "threads": plan.options.threads,
        "device": hardware.device_name(),
        "precision": work.steps[0].setting.recipe.precision,
        "git_commit": commit(),
        **({"code": code} if (code := own_code.hashes()) else {}),
        "command": plan.options.command,
        "start": now(),
        "end": None,
        "steps": [described(step, work.whole, work) for step in work.steps],
        "trials": rows(work),
    }


def rows(work: Work) -> list[dict[str, Any]]:
    """The trials in the order of training."""
    return [
        {
            "design": step.design,
            "step": step.step,
            "position": step.position,
            "seed": seed,
            "config_hash": trial.config_hash,
            **({"images": trial.sha256} if step.setting.sizes.draw == "seed" else {}),
        }
        for step, seed, trial in work.trials
    ]


def described(step: PlannedStep, whole: Mapping[Place, PlannedStep], work: Work) -> dict[str, Any]:
    """A step as the manifest tells it.

    Args:
        step: planned and settled.
        whole: it and its base among others.
        work: the run, for the images that it has.

    Raises:
        UserError: its network cannot be built on such images.
    """
    layers = nodes(step, work.plan.shape, work.plan.classes)
    recipe = step.setting.recipe
    base = whole.get((step.design, step.base or ""))
    before = base.setting.recipe if base else None
    changes = recipe.changes_from(before) if before else {}
    picture = None if step.control else samples.picture_name(recipe, before, work.plan.dataset)
    return {
        "design": step.design,
        "step": step.step,
        "position": step.position,
        "variant": asdict(step.variant),
        "role": step.role,
        "change": step.change,
        "order": step.order,
        "base": step.base,
        "primary": is_primary(step, work.plan.study),
        "title": step.title,
        "tricks": [
            {"name": name, "parameters": tricks.parameters(name) | given, "card": tricks.card(name)}
            for name, given in step.uses
        ],
        "changes": {field: [_text(old), _text(new)] for field, (old, new) in changes.items()},
        "lecture": step.lecture.model_dump(exclude_none=True),
        "protocol": step.protocol,
        "epochs": recipe.epochs,
        "control": asdict(step.control) if step.control else None,
        "parameters": sum(layer.parameters for layer in layers),
        "flops_per_image": sum(layer.flops for layer in layers),
        "samples": picture,
        **settings(step),
    }


def is_primary(step: PlannedStep, study: Study) -> bool:
    """Whether the study counts a step's comparison among those that it asks about."""
    flags = {one.step: one.primary for one in study.ladder}
    return step.role != CONTROL and flags.get(step.change or "", True)


def families(everything: Mapping[Place, PlannedStep], work: Work) -> list[dict[str, Any]]:
    """How many distinct primary comparisons there are at each budget and under each protocol, run or not.

    Args:
        everything: all steps of the designs.
        work: the run, which knows steps that are the same training.
    """
    found: dict[tuple[int | None, str | None], set[frozenset[str]]] = {}
    for step in everything.values():
        base = everything.get((step.design, step.base or ""))
        if base is not None and step.order is None and is_primary(step, work.plan.study):
            family = found.setdefault((step.variant.epochs, step.variant.protocol), set())
            family.add(frozenset(map(work.trained_as, (step, base))))
    return [
        {"epochs": epochs, "protocol": protocol, "comparisons": len(pairs)}
        for (epochs, protocol), pairs in found.items()
    ]


def settings(step: PlannedStep) -> dict[str, Any]:
    """What a step's trials are trained with: recipe and numbers of images, defaults left out."""
    return {
        "recipe": step.setting.recipe.model_dump(mode="json", exclude_defaults=True),
        "sizes": step.setting.sizes.model_dump(mode="json", exclude_defaults=True),
    }


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
