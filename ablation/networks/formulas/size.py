"""The figures of a layer."""

from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Size:
    """What a layer makes of its input, and at what price.

    Attributes:
        shape: of its output, without the batch.
        parameters: weights, statistics that are not trained included.
        flops: of one image, forward, as `ablation.networks.count` counts them.
    """

    shape: Shape
    parameters: int = 0
    flops: int = 0
