"""Mirror images by index: the training set as if each image stood there twice, the second time mirrored."""

from typing import Any

from keras import ops


def own_index(indices: Any, images: Any) -> Any:
    """Where an image stands, whichever way round: the index without the second half."""
    return indices % ops.shape(images)[0]


def turned(batch: Any, indices: Any, images: Any) -> Any:
    """A batch (batch, height, width, channels) with those of its images mirrored whose index is of the second half.

    Args:
        batch: gathered at `own_index(indices, images)`.
        indices: int32 (batch,).
        images: the training set.
    """
    mirrored = ops.greater_equal(indices, ops.shape(images)[0])
    return ops.where(mirrored[:, None, None, None], ops.flip(batch, axis=2), batch)
