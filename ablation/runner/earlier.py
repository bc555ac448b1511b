"""What an earlier run of the same study left in the folder: whether this one may go on, and the manifest of both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablation import own_code
from ablation.errors import UserError
from ablation.results.manifest import other_parts
from ablation.runner.manifest import described, families, settings
from ablation.runner.work import Place, Work
from ablation.study.planned import PlannedStep

SHARED = "all seeds share one part of the training images there, each draws its own now: --set data.draw=shared goes on"
DRAWN = "each seed draws its own part of the training images there, all share one now: --set data.draw=seed goes on"


def joined(
    path: Path, old: dict[str, Any], new: dict[str, Any], work: Work, records: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest with the steps and trials that an earlier run of the same study left in the folder.

    Args:
        path: the results folder.
        old: the manifest that lies there, as `RunFolder.read_manifest` gives it, or nothing.
        new: this run's own (`manifest.of`).
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
        for key in ("preset", "protocol", "backend", "devices", "threads")
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
        for part, values in settings(step).items():
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
