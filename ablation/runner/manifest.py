"""The manifest of a results folder: what was run, on what, with what, by how many runs of the same study."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ablation import hardware, own_code, tricks
from ablation.errors import UserError
from ablation.measures import ACCURACY
from ablation.results.manifest import other_parts
from ablation.runner import samples
from ablation.runner.provenance import commit, now, versions
from ablation.runner.work import Place, Work
from ablation.study.planned import CONTROL, PlannedStep
from ablation.study.planning import nodes
from ablation.study.schema import Study

SHARED = "all seeds share one part of the training images there, each draws its own now: --set data.draw=shared goes on"
DRAWN = "each seed draws its own part of the training images there, all share one now: --set data.draw=seed goes on"


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
        **_settings(step),
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


def _settings(step: PlannedStep) -> dict[str, Any]:
    return {
        "recipe": step.setting.recipe.model_dump(mode="json", exclude_defaults=True),
        "sizes": step.setting.sizes.model_dump(mode="json", exclude_defaults=True),
    }


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def joined(
    path: Path, old: dict[str, Any], new: dict[str, Any], work: Work, records: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest with the steps and trials that an earlier run of the same study left in the folder.

    Args:
        path: the results folder.
        old: the manifest that lies there, as `RunFolder.read_manifest` gives it, or nothing.
        new: this run's own (`of`).
        work: this run.
        records: the kept trials.

    Raises:
        UserError: the earlier run's settings differ; the text names the keys.
    """
    everything = work.with_earlier_runs(old.get("steps", []))
    differences = _differences(old, new, everything) if old else []
    earlier = [row for row in old.get("trials", []) if row["config_hash"] in records]
    if differences:
        more = "; ..." if len(differences) > 3 else ""
        raise UserError(
            f"{path}: holds results of other settings ({'; '.join(differences[:3])}{more}); "
            "choose another folder with --out, or set them aside with --fresh"
        )
    positions = {key: step.position for key, step in everything.items()}
    mine = {(row["design"], row["step"], row["seed"]) for row in new["trials"]}
    theirs = [
        row | {"position": positions[row["design"], row["step"]]}
        for row in earlier
        if (row["design"], row["step"], row["seed"]) not in mine and (row["design"], row["step"]) in positions
    ]
    here = {(step["design"], step["step"]) for step in new["steps"]}
    others = dict.fromkeys((row["design"], row["step"]) for row in theirs)
    steps = new["steps"] + [described(everything[key], everything, work) for key in others if key not in here]
    designs = list(dict.fromkeys(step["design"] for step in steps))

    def order(item: Mapping[str, Any]) -> tuple[int, int, int]:
        return designs.index(item["design"]), item["position"], item.get("seed", 0)

    trials = sorted([*new["trials"], *theirs], key=order)
    return new | {
        "designs": designs,
        "steps": sorted(steps, key=order),
        "trials": trials,
        "seeds": sorted({row["seed"] for row in trials}),
        "families": families(everything, work),
        "looks": new.get("looks") or old.get("looks"),
    }


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], everything: Mapping[Place, PlannedStep]
) -> list[str]:
    """Settings that decide results and are not the same: `epochs of noise: 20 there, 10 now`."""
    found = [
        f"{key}: {old[key]} there, {new[key]} now"
        for key in ("preset", "protocol", "backend", "devices")
        if old[key] != new[key]
    ]
    code = [
        {name: sha256 for name, sha256 in one.get("code", {}).items() if own_code.decides(name)}
        for one in (old, new)
    ]
    for name in sorted(code[0].keys() | code[1].keys()):
        there, now = (one.get(name) for one in code)
        if there != now:
            told = "not there" if there is None else "not here now" if now is None else "another content now"
            found.append(f"--code {name}: {told}")
    for before in old["steps"]:
        step = everything.get((before["design"], before["step"]))
        if step is None:
            found.append(f"step {before['step']}: there, but not in the study now")
            continue
        for part, values in _settings(step).items():
            for key in sorted(values.keys() | before[part].keys()):
                there, now = (one.get(key, "default") for one in (before[part], values))
                if (part, key) == ("sizes", "draw") and there != now:
                    found.insert(0, DRAWN if there == "seed" else SHARED)
                elif there != now:
                    found.append(f"{key} of {before['step']}: {there} there, {now} now")
    found = list(dict.fromkeys(found))
    if not found and old["dataset"]["name"] != new["dataset"]["name"]:
        found.append(f"dataset: {old['dataset']['name']} there, {new['dataset']['name']} now")
    there, now = (
        [one["dataset"].get("protocol", one["protocol"])]
        + [one["dataset"][key] for key in ("train", "val", "test", "sha256")]
        for one in (old, new)
    )
    if not found and ((there[:-1] == now[:-1] and there != now) or other_parts(old, new)):
        found.append("dataset: other images (sha256) now")
    return found
