"""Max-pooling by a factor between 1 and 2, over random regions."""

from typing import Any

import keras
from keras import ops

from ablation.sides import pooled_side

PLACES = 1024


@keras.saving.register_keras_serializable("ablation")
class FractionalMaxPooling2D(keras.layers.Layer):
    """Max-pooling over disjoint regions one or two pixels wide and high, laid out at random for each image.

    Region i of n begins at ceil(s (i + u)) - ceil(s u) with s = side / n: Graham 2014's pseudorandom
    sequences, u uniform in (0, 1) for each image and axis in training and 1/2 at inference.
    `tf.nn.fractional_max_pool` has the same regions for a whole batch and exists on TensorFlow alone.

    Args:
        ratio: of the sides before and after, above 1 and at most 2.
        seed: of this layer's random stream.

    Call arguments:
        inputs: (batch, height, width, channels).
        training: without it the regions are the same for all images.

    Raises:
        ValueError: a ratio out of range.
    """

    def __init__(self, ratio: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 1 < ratio <= 2:
            raise ValueError(f"`ratio` must be above 1 and at most 2. Received: {ratio}")
        self.ratio, self.seed = ratio, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        batch, height, width, _ = ops.shape(inputs)
        if training:
            place = keras.random.randint((batch, 2), 0, PLACES, seed=self.generator)
        else:
            place = ops.full((batch, 2), PLACES // 2, dtype="int32")
        x = inputs
        for side, axis in ((height, 1), (width, 2)):
            begin = region_starts(side, pooled_side(side, self.ratio), place[:, axis - 1])
            x = ops.maximum(_picked(x, begin[:, :-1], axis), _picked(x, begin[:, 1:] - 1, axis))
        return x

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        return batch, pooled_side(height, self.ratio), pooled_side(width, self.ratio), channels

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ratio": self.ratio, "seed": self.seed}


def region_starts(side: int, regions: int, place: Any) -> Any:
    """Where the regions along an axis begin, and `side`: int32 (batch, regions + 1).

    Args:
        side: pixels along the axis.
        regions: how many, from half of `side` to `side`.
        place: int32 (batch,), u in units of 1 / PLACES; whole numbers, so that no rounding shifts a region.
    """
    step, unit = place[:, None] * side, regions * PLACES
    places = step + side * PLACES * ops.arange(regions, dtype="int32")
    starts = (places + unit - 1) // unit - (step + unit - 1) // unit
    return ops.pad(starts, ((0, 0), (0, 1)), constant_values=side)


def _picked(x: Any, indices: Any, axis: int) -> Any:
    """Rows (axis 1) or columns (axis 2) of each image; `indices` is (batch, count)."""
    weights = ops.one_hot(indices, ops.shape(x)[axis], dtype=x.dtype)
    return ops.einsum("bih,bhwc->biwc" if axis == 1 else "biw,bhwc->bhic", weights, x)
