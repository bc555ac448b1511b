"""What is left of a run as tasks for an executor, with what they are called and what they cost."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ablation.networks.layout import layout
from ablation.observers import Observing, own_names
from ablation.results.folder import RunFolder
from ablation.runner.executors.task import Task
from ablation.runner.origins import waves
from ablation.runner.work import Work
from ablation.study.planned import PlannedStep
from ablation.study.trial import Trial
from ablation.train.engines import problem_of


def in_waves(
    work: Work, left: Sequence[tuple[PlannedStep, int, Trial]], folder: RunFolder
) -> list[list[Task]]:
    """What has to be trained for the trials that are left, in groups: one is complete before the next begins."""
    options = work.plan.options
    places = {
        trial.config_hash: f"{step.design}/{step.step}/seed{seed}"
        for step, seed, trial in reversed(work.trials)
    }

    def observing(key: str) -> Observing:
        def below(name: str, wanted: bool) -> Path | None:
            return folder.path / name / places.get(key, f"first/{key}") if wanted else None

        return Observing(
            below("tensorboard", options.tensorboard),
            below("models", options.save_models),
            below("observers", bool(own_names())),
        )

    lines = {trial.config_hash: work.line(step, seed) for step, seed, trial in left}
    return [
        [
            Task(
                trial,
                work.request(trial.setting, trial.protocol).of_seed(trial.seed),
                folder.checkpoint_file(key),
                options.checkpoint_share,
                start,
                options.weights if trial.setting.recipe.backbone else None,
                keep,
                observing(key),
            )
            for key, (trial, start, keep) in wave.items()
        ]
        for wave in waves(lines.values(), folder.weights_file)
    ]


def labels(work: Work, left: Sequence[tuple[PlannedStep, int, Trial]]) -> dict[str, tuple[str, int]]:
    """Title and seed of each training, by configuration hash; where steps share it, of the first.

    Where another design has a different step of that title, the design stands with it.
    """
    origins = {
        origin.config_hash: (f"{step.title}: first training", seed)
        for step, seed, _ in left
        for origin in work.line(step, seed)
    }
    own = {trial.config_hash: (step, seed) for step, seed, trial in reversed(work.trials)}
    times = Counter((step.title, seed) for step, seed in own.values())
    return origins | {
        key: (step.title if times[step.title, seed] == 1 else f"{step.title} ({step.design})", seed)
        for key, (step, seed) in own.items()
    }


def cost(work: Work, task: Task) -> float:
    """FLOPs of a training: three times those of a forward pass, for every image of every epoch, and one to judge."""
    recipe, splits = task.trial.setting.recipe, work.splits[task.data.shared]
    forward = sum(node.flops for node in layout(recipe, problem_of(splits)))
    return recipe.epochs * forward * (3.0 * len(splits.x_train) + len(splits.x_val))
