"""The losses of a batch's images, in `keras.ops` for every backend."""

from typing import Any

import keras
from keras import ops

from ablation.recipe import Loss


def per_image(loss: Loss, targets: Any, logits: Any) -> Any:
    """The loss of every image, float32 (batch,).

    Args:
        loss: its name and options.
        targets: shares of the classes, (batch, classes), 1 in all; hard, smoothed or mixed.
        logits: (batch, classes).
    """
    match loss.name:
        case "categorical_crossentropy":
            return ops.categorical_crossentropy(targets, logits, from_logits=True)
        case "focal":
            assert loss.alpha is not None and loss.gamma is not None
            logs = ops.log_softmax(logits, axis=-1)
            # at p = 1 a power under 1 has no finite gradient
            missing = ops.maximum(-ops.expm1(logs), keras.config.epsilon())
            return -loss.alpha * ops.sum(targets * ops.power(missing, loss.gamma) * logs, axis=-1)
        case "binary_crossentropy":
            return ops.mean(ops.binary_crossentropy(targets, logits, from_logits=True), axis=-1)
