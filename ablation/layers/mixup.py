"""Blends of two images and of their targets."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class Mixup(keras.layers.Layer):
    """Blends each image and its target with those of the batch's next image.

    x = lambda * x_i + (1 - lambda) * x_j and the same for the targets, lambda ~ Beta(alpha, alpha) for each
    image (Zhang et al. 2018, equation 2). Batches are shuffled, so the next image is a random one.

    Args:
        alpha: above 0; near 0 hardly anything is blended, at 1 every share is equally likely.
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
        shape = (ops.shape(images)[0],)
        share = keras.random.beta(shape, self.alpha, self.alpha, dtype="float32", seed=self.generator)
        of_image = ops.cast(share, images.dtype)[:, None, None, None]
        of_target = ops.cast(share, targets.dtype)[:, None]
        return (
            of_image * images + (1 - of_image) * ops.roll(images, -1, axis=0),
            of_target * targets + (1 - of_target) * ops.roll(targets, -1, axis=0),
        )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "seed": self.seed}
