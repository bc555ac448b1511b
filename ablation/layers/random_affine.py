"""Random shift, rotation, shear and zoom of each image, in one resampling."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomAffine(keras.layers.Layer):
    """Moves, turns, shears and zooms each image about its centre, bilinearly, in training only.

    All four are one affine map, so an image is resampled once; what lies outside repeats the edge. Every
    figure is drawn for each image, uniformly between minus and plus the argument.

    Args:
        translate: largest shift as a share of the side, each axis on its own.
        rotate: largest angle, degrees.
        shear: largest sideways shift a row, as a share of its distance from the centre.
        zoom: largest change of size: factors are between 1 - zoom and 1 + zoom, below 1 shrinking the
            picture.
        keep_ratio: one factor for both axes; otherwise each has its own, which also stretches.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: a negative argument, or a zoom of 1 or more.
    """

    def __init__(
        self,
        translate: float = 0.0,
        rotate: float = 0.0,
        shear: float = 0.0,
        zoom: float = 0.0,
        keep_ratio: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if min(translate, rotate, shear, zoom) < 0 or zoom >= 1:
            raise ValueError(
                "`translate`, `rotate`, `shear` and `zoom` must be 0 or more, `zoom` below 1. "
                f"Received: {(translate, rotate, shear, zoom)}"
            )
        self.translate, self.rotate, self.shear, self.zoom = translate, rotate, shear, zoom
        self.keep_ratio, self.seed = keep_ratio, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        draws = keras.random.uniform((batch, 6), -1.0, 1.0, dtype="float32", seed=self.generator)
        shift_y, shift_x, turn, shear, zoom_y, zoom_x = (draws[:, i] for i in range(6))
        return affine(
            inputs,
            angle=turn * math.radians(self.rotate),
            shear_x=shear * self.shear,
            zoom_y=1 + zoom_y * self.zoom,
            zoom_x=1 + (zoom_y if self.keep_ratio else zoom_x) * self.zoom,
            shift_y=shift_y * self.translate * height,
            shift_x=shift_x * self.translate * width,
        )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        names = ("translate", "rotate", "shear", "zoom", "keep_ratio", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def affine(
    images: Any,
    *,
    angle: Any = 0.0,
    shear_x: Any = 0.0,
    shear_y: Any = 0.0,
    zoom_y: Any = 1.0,
    zoom_x: Any = 1.0,
    shift_y: Any = 0.0,
    shift_x: Any = 0.0,
    fill_value: float | None = None,
) -> Any:
    """Each image mapped on its own, bilinearly.

    The output pixel at offset (x, y) from the centre shows the input at rotation * shear * (x / zoom_x, y /
    zoom_y), moved against the shift.

    Args:
        images: (batch, height, width, channels).
        angle: radians; like all other figures a number or (batch,).
        shear_x, shear_y: share of one coordinate added to the other.
        zoom_y, zoom_x: factors above 0; above 1 the picture grows.
        shift_y, shift_x: pixels down and to the right.
        fill_value: of what lies outside; the nearest edge where not given.
    """
    batch, height, width, _ = ops.shape(images)
    x, y = (width - 1) / 2, (height - 1) / 2
    sine, cosine = ops.sin(angle), ops.cos(angle)
    xx, xy = (cosine - sine * shear_y) / zoom_x, (cosine * shear_x - sine) / zoom_y
    yx, yy = (sine + cosine * shear_y) / zoom_x, (sine * shear_x + cosine) / zoom_y
    rows = (xx, xy, x - xx * x - xy * y - shift_x, yx, yy, y - yx * x - yy * y - shift_y, 0.0, 0.0)
    ones = ops.ones((batch,), dtype="float32")
    moved = ops.image.affine_transform(
        ops.cast(images, "float32"),
        ops.stack([row * ones for row in rows], axis=1),
        interpolation="bilinear",
        fill_mode="nearest" if fill_value is None else "constant",
        fill_value=fill_value or 0.0,
        data_format="channels_last",
    )
    return ops.cast(moved, images.dtype)
