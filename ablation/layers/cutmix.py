"""Images with a rectangle of another image, targets mixed by area."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class Cutmix(keras.layers.Layer):
    """Replaces a rectangle of each image by the same part of the batch's next image.

    The rectangle has the image's proportions, its centre anywhere, and before it is clipped at the edges a
    share 1 - lambda of the area, lambda ~ Beta(alpha, alpha) for each image. The targets are mixed by the
    area that each image really has (Yun et al. 2019, section 3.1 and algorithm A1). Batches are shuffled, so
    the next image is a random one.

    Args:
        alpha: above 0; at 1 every share is equally likely, as in the paper.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) and targets (batch, classes).
        training: the identity when False.
    """

    def __init__(self, alpha: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha, self.seed = alpha, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = True) -> Any:
        images, targets = inputs
        if not training:
            return images, targets
        batch, height, width, _ = ops.shape(images)
        share = keras.random.beta((batch,), self.alpha, self.alpha, dtype="float32", seed=self.generator)
        place = keras.random.uniform((batch, 2), dtype="float32", seed=self.generator)
        rows = _inside(height, share, place[:, 0])
        columns = _inside(width, share, place[:, 1])
        taken = rows[:, :, None] * columns[:, None, :]
        of_other = ops.mean(taken, axis=(1, 2))
        mixed = ops.where(taken[..., None] > 0, ops.roll(images, -1, axis=0), images)
        weight = ops.cast(of_other, targets.dtype)[:, None]
        return mixed, (1 - weight) * targets + weight * ops.roll(targets, -1, axis=0)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "seed": self.seed}


def _inside(side: int, share: Any, place: Any) -> Any:
    """(batch, side) of 0 and 1: which pixels of an axis the rectangle covers; its centre's place is 0-1."""
    length = ops.floor(side * ops.sqrt(1 - share))
    begin = ops.floor(place * side) - ops.floor(length / 2)
    offset = ops.arange(side, dtype="float32") - begin[:, None]
    return ops.cast(ops.logical_and(offset >= 0, offset < length[:, None]), "float32")
