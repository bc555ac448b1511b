"""Trainings that start from the weights of another one, which is a trial of its own."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ablation.data.sizes import Sizes
from ablation.recipe import Network, Recipe
from ablation.study.setting import Setting
from ablation.study.trial import Trial


def origin(setting: Setting) -> Setting | None:
    """The training whose weights this one starts from: its warm-up, or else the pretraining of its blocks."""
    recipe = setting.recipe
    if (first := recipe.warm_up) is not None:
        changes = {"frozen": first.frozen, "epochs": first.epochs, "learning_rate": first.learning_rate}
        return Setting(recipe.replace(warm_up=None, **changes), setting.sizes)
    if (base := recipe.pretrained) is not None:
        network = {field: getattr(recipe, field) for field in Network.model_fields}
        training = {"epochs": base.epochs, "batch_size": base.batch_size, "learning_rate": base.learning_rate}
        draw = setting.sizes.draw if base.train is not None else "shared"
        form = {"size": setting.sizes.size, "fit": setting.sizes.fit}
        sizes = Sizes(train=base.train, val=base.val, test=0, classes=base.classes, draw=draw, **form)
        same = {"precision": recipe.precision, "stream": recipe.stream}
        return Setting(Recipe(**network, **training, **same), sizes)
    return None


def lineage(setting: Setting) -> tuple[Setting, ...]:
    """A setting, its origin, the origin's origin, and so on."""
    first = origin(setting)
    return (setting, *lineage(first)) if first is not None else (setting,)


def waves(
    lines: Iterable[Sequence[Trial]], weights_file: Callable[[str], Path]
) -> list[dict[str, tuple[Trial, Path | None, Path | None]]]:
    """What has to be trained, in groups: one is complete before the next begins.

    Args:
        lines: each trial that is left, followed by its origins.
        weights_file: where a trial of that configuration hash keeps its weights.

    Returns:
        By configuration hash: the trial, the file it starts from, and the file that it must leave.
    """
    found: list[dict[str, tuple[Trial, Path | None, Path | None]]] = []
    for line in lines:
        keep = None
        for place, one in enumerate(line):
            start = weights_file(line[place + 1].config_hash) if place + 1 < len(line) else None
            generation = len(line) - place - 1
            found += [{} for _ in range(generation + 1 - len(found))]
            known = found[generation].get(one.config_hash)
            found[generation][one.config_hash] = (one, start, keep or (known[2] if known else None))
            if start is None or start.is_file():
                break
            keep = start
    return [wave for wave in found if wave]
