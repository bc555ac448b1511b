"""Averaging over the noise of some layers at prediction."""

from typing import Literal

from ablation.recipe import Recipe


def with_noise(recipe: Recipe, kind: Literal["dropout", "pooling"], draws: int) -> Recipe:
    """The recipe whose predictions are averaged over this kind of noise and those it already draws."""
    noise = tuple(sorted({*recipe.predict.noise, kind}))
    return recipe.replace(predict=recipe.predict.replace(noise=noise, draws=draws))
