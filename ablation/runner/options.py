"""What a run was asked for beside its study: checked once, for the command line and for Python alike."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from ablation.errors import UserError, did_you_mean
from ablation.train import CHECKPOINT_SHARE

EXECUTORS = ("local", "ray")
STRATEGIES = ("single", "data-parallel")
MOST_SEEDS = 10_000
MOST_THREADS = 1024
SEEDS_EXPECTED = "expected a number of seeds, or seeds like 0,1,2"
HIGHEST_SEED = 2**31 - 1
LONGEST_SHOWN = 60


class OptionError(UserError):
    """An option that cannot be taken.

    Attributes:
        option: its field in `Options`.
        reason: what was expected, and what was found.
    """

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option, self.reason = option, reason


def whole_number(found: Any, low: int = 1, high: int = 10**9) -> int:
    """A whole number, as such or as text.

    Raises:
        ValueError: it is none, or not within `low` to `high`.
    """
    number = _integer(found)
    if number is None or not low <= number <= high:
        raise ValueError(f"expected a whole number from {low}, found {_told(found)}")
    return number


def seed(found: Any) -> int:
    """One seed.

    Raises:
        ValueError: it is no whole number below 2^31.
    """
    number = _integer(found)
    if number is None or not 0 <= number <= HIGHEST_SEED:
        raise ValueError(f"expected a whole number below {HIGHEST_SEED + 1}, found {_told(found)}")
    return number


def names(found: Any) -> tuple[str, ...]:
    """Names, each once: one, several with commas between them, or a list.

    Raises:
        ValueError: it is neither text nor a list of text.
    """
    parts = found.split(",") if isinstance(found, str) else _listed(found, "names")
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(f"expected names, found {_told(found)}")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _seeds(found: Any) -> tuple[int, ...]:
    """`3` is the seeds 0, 1, 2; `0,4`, `7,` and lists are the seeds themselves."""
    if (isinstance(found, str) and "," not in found) or not isinstance(found, Iterable):
        number = _integer(found)
        if found == "":
            return ()
        if number is None:
            raise ValueError(f"{SEEDS_EXPECTED}, found {_told(found)}")
        if not 1 <= number <= MOST_SEEDS:
            raise ValueError(f"expected 1 to {MOST_SEEDS} seeds, found {_told(found)}")
        return tuple(range(number))
    text = isinstance(found, str)
    parts = [part.strip() for part in str(found).split(",") if part.strip()] if text else list(found)
    try:
        seeds = tuple(map(seed, parts))
    except ValueError:
        seeds = ()
    if not seeds and (parts or text):
        raise ValueError(f"{SEEDS_EXPECTED}, found {_told(found)}")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"expected different seeds, found {_told(found)}")
    if len(seeds) > MOST_SEEDS:
        raise ValueError(f"expected 1 to {MOST_SEEDS} seeds, found {len(seeds)}")
    return seeds


def _budgets(found: Any) -> tuple[int, ...]:
    """Numbers of epochs, each once."""
    parts = names(found) if isinstance(found, str) else [found] if isinstance(found, int) else found
    try:
        return tuple(dict.fromkeys(whole_number(part) for part in parts))
    except (TypeError, ValueError):
        raise ValueError(f"expected numbers of epochs like 10,20,40, found {_told(found)}") from None


def _assignments(found: Any) -> tuple[str, ...]:
    parts = [found] if isinstance(found, str) else _listed(found, "KEY=VALUE assignments")
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(f"expected KEY=VALUE assignments, found {_told(found)}")
    return tuple(parts)


def _share(found: Any) -> float:
    """A share of one device, or how many."""
    number = _number(found)
    if not (0 <= number < 1 or (number.is_integer() and number < 1000)):
        raise ValueError(f"expected a share between 0 and 1, or a whole number, found {_told(found)}")
    return number


def _fraction(found: Any) -> float:
    number = _number(found)
    if not 0 < number <= 1:
        raise ValueError(f"expected a share above 0, at most 1, found {_told(found)}")
    return number


def _most_seeds(found: Any) -> int:
    return whole_number(found, 2, MOST_SEEDS)


def _threads(found: Any) -> int:
    return whole_number(found, 1, MOST_THREADS)


def _hours(found: Any) -> float:
    number = _number(found)
    if not 0 < number < inf:
        raise ValueError(f"expected a number of hours above 0, found {_told(found)}")
    return number


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise ValueError(f"expected text, found {_told(found)}")
    return found


def _flag(found: Any) -> bool:
    if not isinstance(found, bool):
        raise ValueError(f"expected True or False, found {_told(found)}")
    return found


def _path(found: Any) -> Path:
    if not isinstance(found, str | Path) or not str(found):
        raise ValueError(f"expected a path, found {_told(found)}")
    return Path(found)


def _folder(found: Any) -> Path:
    folder = _path(found)
    try:
        there = folder.is_dir()
    except (OSError, ValueError):
        there = False
    if not there:
        raise ValueError(f"expected a folder, found {_told(found)}")
    return folder


def _one_of(known: Iterable[str]) -> Callable[[Any], str]:
    def read(found: Any) -> str:
        if found not in known:
            raise ValueError(f"unknown {_told(found)}{did_you_mean(found, known)}")
        return found

    return read


def _listed(found: Any, what: str) -> list[Any]:
    if not isinstance(found, Iterable):
        raise ValueError(f"expected {what}, found {_told(found)}")
    return list(found)


def _integer(found: Any) -> int | None:
    """A whole number of any type that is one, or its digits; else None."""
    if isinstance(found, str):
        return int(found) if found.isascii() and found.isdigit() and len(found) <= 10 else None
    if isinstance(found, bool):
        return None
    try:
        return operator.index(found)
    except TypeError:
        return None


def _number(found: Any) -> float:
    if isinstance(found, bool):
        return -1.0
    try:
        return float(found)
    except (TypeError, ValueError, OverflowError):
        return -1.0


def _told(found: Any) -> str:
    """A value in an error, as one would type it on the command line."""
    text = ",".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
    return f"'{text}'" if len(text) <= LONGEST_SHOWN else f"'{text[: LONGEST_SHOWN - 3]}...'"


def _option(read: Callable[[Any], Any], default: Any) -> Any:
    """A field whose value passes through `read`; None is taken where it is the default."""
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True)
class Options:
    """What a run was asked for beside its study; each field is the command line's option of that name.

    Numbers and names may come as text, as the command line has them; lists as text with commas.

    Attributes:
        preset: of the study; empty for `full` with an accelerator and `quick` without.
        dataset: name, `auto`, or empty for the study's own.
        data_dir: the user's data folder.
        designs: empty for the study's own.
        budgets: epochs at which every design is run; empty for what the study says.
        protocol: `honest`, `lecture`, `both`, or empty for the study's own.
        controls: of `ablation.study.controls.CONTROLS`.
        steps: names to keep; empty for all.
        seeds: the seeds themselves, or how many, counted from 0; empty for as many as the preset says.
        resolve: give more seeds to comparisons that are open and whose answer is in reach, in a few looks.
        max_seeds: at the last look; None for as many as the folder's looks were planned for, or 20.
        hours: of wall time after which no further look begins; None for no end.
        sets: `KEY=VALUE` assignments.
        measures: reported beside accuracy; empty for the study's own.
        primary_measure: decides the verdicts; empty for the study's own.
        out: results folder; None for `results/<study>/<dataset>-<preset>`.
        jobs: processes at a time; 1 trains in this process, None takes one a core (or one a GPU).
        executor: `local`, or `ray` for the tasks of a cluster.
        ray_address: of a running cluster; empty starts one on this machine.
        trial_cpus: of one trial on a cluster.
        trial_gpus: of one trial on a cluster, or the share of one; None for one, where there are any.
        threads: of a processor that one trial computes on; part of what decides its numbers.
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
        wandb: project of Weights & Biases to log finished trials to, empty for the study's name; None not to.
        command: the command line, for the manifest.

    Raises:
        OptionError: a value that its field cannot take, or options that do not go together.
    """

    preset: str = _option(_text, "")
    dataset: str = _option(_text, "")
    data_dir: Path | None = _option(_folder, None)
    designs: tuple[str, ...] = _option(names, ())
    budgets: tuple[int, ...] = _option(_budgets, ())
    protocol: str = _option(_text, "")
    controls: tuple[str, ...] = _option(names, ())
    steps: tuple[str, ...] = _option(names, ())
    seeds: tuple[int, ...] = _option(_seeds, ())
    resolve: bool = _option(_flag, False)
    max_seeds: int | None = _option(_most_seeds, None)
    hours: float | None = _option(_hours, None)
    sets: tuple[str, ...] = _option(_assignments, ())
    measures: tuple[str, ...] = _option(names, ())
    primary_measure: str = _option(_text, "")
    out: Path | None = _option(_path, None)
    jobs: int | None = _option(whole_number, 1)
    executor: str = _option(_one_of(EXECUTORS), "local")
    ray_address: str = _option(_text, "")
    trial_cpus: int | None = _option(whole_number, None)
    trial_gpus: float | None = _option(_share, None)
    threads: int = _option(_threads, 1)
    strategy: str = _option(_one_of(STRATEGIES), "single")
    checkpoint_share: float = _option(_fraction, CHECKPOINT_SHARE)
    fail_fast: bool = _option(_flag, False)
    retry_failed: bool = _option(_flag, False)
    fresh: bool = _option(_flag, False)
    lock: bool = _option(_flag, True)
    weights: Path | None = _option(_path, None)
    tensorboard: bool = _option(_flag, False)
    save_models: bool = _option(_flag, False)
    mlflow: str | None = _option(_text, None)
    wandb: str | None = _option(_text, None)
    command: str = _option(_text, "")

    def __post_init__(self) -> None:
        for one in fields(self):
            found = getattr(self, one.name)
            if found is None and (one.default is None or one.name == "jobs"):
                continue
            try:
                value = one.metadata["read"](found)
            except ValueError as error:
                raise OptionError(one.name, str(error)) from None
            object.__setattr__(self, one.name, value)
        alone = self.jobs in (None, 1) and self.executor == "local"
        if self.strategy != "single" and not alone:
            raise OptionError(
                "strategy", f"{self.strategy} takes all devices; expected jobs 1 and executor local"
            )
        if self.executor == "ray" and self.jobs not in (None, 1):
            raise OptionError("jobs", "Ray runs as many trials as the cluster has room for; expected none")
        for name in ("ray_address", "trial_cpus", "trial_gpus"):
            if self.executor != "ray" and getattr(self, name) not in ("", None):
                raise OptionError(name, f"expected executor ray with it, found executor {self.executor}")
        for name in ("max_seeds", "hours"):
            if not self.resolve and getattr(self, name) is not None:
                raise OptionError(name, "expected resolve with it")
        if self.resolve and self.seeds:
            self._check_looks()

    def _check_looks(self) -> None:
        """The seeds that were named are those of the first look."""
        first, most = len(self.seeds), self.max_seeds
        if first < 2:
            raise OptionError("seeds", f"expected 2 or more for the first look of resolve, found {first}")
        if most is not None and most < first:
            raise OptionError(
                "max_seeds", f"expected at least the {first} seeds of the first look, found {most}"
            )
        if max(self.seeds) > HIGHEST_SEED - MOST_SEEDS:
            raise OptionError("seeds", f"expected seeds that leave room for {MOST_SEEDS} more with resolve")


def options_of(given: Mapping[str, Any]) -> Options:
    """`Options` of names that come from outside.

    Raises:
        OptionError: as `Options`.
        UserError: there is no such option.
    """
    known = [one.name for one in fields(Options)]
    for name in given:
        if name not in known:
            raise UserError(f"unknown option '{name}'{did_you_mean(name, known)}")
    return Options(**given)
