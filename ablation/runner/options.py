"""What a run was asked for beside its study."""

from dataclasses import dataclass
from pathlib import Path

from ablation.errors import UserError

EXECUTORS = ("local", "ray")
STRATEGIES = ("single", "data-parallel")
CHECKPOINT_SHARE = 0.05


@dataclass(frozen=True)
class Options:
    """What a run was asked for beside its study; each field is the command line's option of that name.

    Attributes:
        preset: of the study; empty for `full` with an accelerator and `quick` without.
        dataset: name, `auto`, or empty for the study's own.
        data_dir: the user's data folder.
        designs: empty for the study's own.
        budgets: epochs at which every design is run; empty for what the study says.
        protocol: `honest`, `lecture`, `both`, or empty for the study's own.
        controls: of `ablation.study.controls.CONTROLS`.
        steps: names to keep; empty for all.
        seeds: the seeds themselves; empty for as many as the preset says, counted from 0.
        sets: `KEY=VALUE` assignments.
        out: results folder; None for `results/<study>/<dataset>-<preset>`.
        jobs: processes at a time; 1 trains in this process, None takes one a core (or one a GPU).
        executor: `local`, or `ray` for the tasks of a cluster.
        ray_address: of a running cluster; empty starts one on this machine.
        trial_cpus: of one trial on a cluster.
        trial_gpus: of one trial on a cluster, or the share of one; None for one, where there are any.
        strategy: `single`, or `data-parallel` where all devices share each trial.
        checkpoint_share: of a training's time that saving it for a resume may take, 0-1.
        fail_fast: end at the first trial that fails or diverges.
        retry_failed: train failed and diverged trials again.
        fresh: set aside what the folder holds, as `RUN.1`, `RUN.2`, ...
        lock: hold the folder against other runs; False where its file system knows no locks.
        weights: file of a backbone's weights; None to have Keras fetch them.
        tensorboard: write event files to `tensorboard/`.
        save_models: keep each trial's best models in `models/`.
        mlflow: where to log finished trials: a URI, empty for `mlruns/`; None not to.
        command: the command line, for the manifest.
    """

    preset: str = ""
    dataset: str = ""
    data_dir: Path | None = None
    designs: tuple[str, ...] = ()
    budgets: tuple[int, ...] = ()
    protocol: str = ""
    controls: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    sets: tuple[str, ...] = ()
    out: Path | None = None
    jobs: int | None = 1
    executor: str = "local"
    ray_address: str = ""
    trial_cpus: int | None = None
    trial_gpus: float | None = None
    strategy: str = "single"
    checkpoint_share: float = CHECKPOINT_SHARE
    fail_fast: bool = False
    retry_failed: bool = False
    fresh: bool = False
    lock: bool = True
    weights: Path | None = None
    tensorboard: bool = False
    save_models: bool = False
    mlflow: str | None = None
    command: str = ""

    def __post_init__(self) -> None:
        """Refuse options that do not go together.

        Raises:
            UserError: they do not.
        """
        alone = self.jobs in (None, 1) and self.executor == "local"
        if self.strategy != "single" and not alone:
            raise UserError(
                "--strategy data-parallel: a trial takes all devices; expected --jobs 1 and --executor local"
            )
        if self.executor == "ray" and self.jobs not in (None, 1):
            raise UserError("--jobs: Ray runs as many trials as the cluster has room for; expected none")
        ray_only = (self.ray_address, self.trial_cpus, self.trial_gpus)
        if self.executor != "ray" and ray_only != ("", None, None):
            raise UserError("--ray-address, --trial-cpus, --trial-gpus: expected --executor ray with them")
