"""Figures of the published networks that may stand in for a network's body."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackboneFigures:
    """A network of `keras.applications` without its head.

    Attributes:
        parameters: how many.
        channels: of its output, whose sides are a 32nd of the image's.
        flops: of an image of 32 x 32 pixels.
    """

    parameters: int
    channels: int
    flops: int


BACKBONES = {
    "ResNet50": BackboneFigures(23_587_712, 2048, 157_384_704),
}
STRIDE = 32
