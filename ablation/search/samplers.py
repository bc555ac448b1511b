"""Which points a search tries next; every point follows from the seed, the stage and its number alone.

Optuna's samplers with a fixed seed start their stream anew when a search is resumed, and so repeat points. Here every
trial has a sampler of its own, seeded by (seed, stage, number): point 17 is point 17, whatever was interrupted before.
"""

import warnings
from collections.abc import Sequence
from typing import Any

from ablation.errors import UserError
from ablation.streams import stream_seed
from ablation.study.space import Choice, Space, Values, grid

TPE_STARTUP = 5


def points(
    sampler: str,
    space: Space,
    wanted: range,
    trials: int,
    seed: int,
    stage: str,
    told: Sequence[tuple[Values, float]] = (),
) -> list[Values]:
    """Some of a stage's points.

    Args:
        sampler: one of `SAMPLERS`: `random` draws on each range's own scale (Bergstra and Bengio 2012), `grid` takes
            all combinations of evenly spaced values, `tpe` draws `TPE_STARTUP` points at random and then models
            good and bad ones (tree-structured Parzen estimator, Bergstra et al. 2011).
        space: what is varied.
        wanted: the numbers of the points, from 0.
        trials: how many the stage has in all.
        seed, stage: of the search; its stage's name.
        told: earlier points of the stage with their scores, of which more is better; only `tpe` looks at them.

    Raises:
        UserError: a grid needs more trials, or Optuna is not installed.
    """
    if sampler == "grid":
        return grid(space, trials)[wanted.start : wanted.stop]
    optuna = _optuna()
    distributions = {key: _distribution(optuna, dimension) for key, dimension in space.items()}

    def encoded(values: Values) -> dict[str, Any]:
        return {
            key: dimension.values.index(values[key]) if isinstance(dimension, Choice) else values[key]
            for key, dimension in space.items()
        }

    earlier = [
        optuna.trial.create_trial(params=encoded(values), distributions=distributions, value=score)
        for values, score in told
    ]

    def point(number: int) -> Values:
        own_seed = stream_seed(seed, stage, number)
        study = optuna.create_study(direction="maximize", sampler=_sampler(optuna, sampler, own_seed))
        study.add_trials(earlier)
        drawn = study.ask(distributions).params
        return {
            key: dimension.values[drawn[key]] if isinstance(dimension, Choice) else drawn[key]
            for key, dimension in space.items()
        }

    return [point(number) for number in wanted]


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise UserError("ablation tune: needs Optuna; pip install -e '.[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _sampler(optuna: Any, sampler: str, seed: int) -> Any:
    if sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `multivariate` is called experimental
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=TPE_STARTUP, multivariate=True)


def _distribution(optuna: Any, dimension: Any) -> Any:
    if isinstance(dimension, Choice):
        return optuna.distributions.CategoricalDistribution(range(len(dimension.values)))
    if dimension.whole:
        return optuna.distributions.IntDistribution(
            int(dimension.low), int(dimension.high), log=dimension.logarithmic
        )
    return optuna.distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.logarithmic)
