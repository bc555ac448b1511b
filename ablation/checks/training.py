"""Checks of short trainings: pure functions of their figures."""

from math import isfinite, log, sqrt

from ablation.checks.finding import Finding, finding


def chance_loss(loss: float, classes: int) -> Finding:
    """Whether the untrained network is as unsure as it should be: cross-entropy ln(classes).

    Args:
        loss: mean cross-entropy in inference mode before the first step.
        classes: how many.
    """
    chance = log(classes)
    return finding(
        "loss at chance",
        f"{loss:.3f} before training, ln({classes}) = {chance:.3f}",
        fail=not isfinite(loss) or not 0.5 * chance < loss < 10 * chance,
        warn=not 0.9 * chance < loss < 1.5 * chance,
        advice="high: start the classifier with smaller weights; low: the labels leak into the images",
    )


def overfits(hits: int, images: int, steps: int) -> Finding:
    """Whether the network, without regularisation, learns a few images by heart.

    Args:
        hits: images of the few that it gets right in the end.
        images: how many there are.
        steps: optimizer steps that it took at most.
    """
    return finding(
        f"overfits {images} images",
        f"{hits} of {images} right after {steps} steps",
        fail=hits < images / 2,
        warn=hits < 0.98 * images,
        advice="it must be able to: see the gradients, the learning rate and the labels first",
    )


def random_input(real: float, random: float, classes: int, images: int) -> Finding:
    """Whether the network learns from the images: trained on noise it must stay at chance.

    Args:
        real, random: accuracy on images not trained on, after training on the images and on noise.
        classes: how many.
        images: how many were judged.
    """
    limit = _above_chance(classes, images)
    return finding(
        "random-input control",
        f"accuracy {random:.3f} from noise, {real:.3f} from images (chance up to {limit:.3f})",
        fail=random > limit,
        warn=real <= max(limit, random),
        advice="noise is answered right: labels or their order leak into the network"
        if random > limit
        else "images teach no more than noise: see the labels, the gradients and the learning rate",
    )


def shuffled_labels(real: float, shuffled: float, classes: int, images: int) -> Finding:
    """Whether the labels belong to the images: trained under shuffled labels the network must stay at chance.

    Args:
        real, shuffled: accuracy on images not trained on, after training under the labels and shuffled ones.
        classes: how many.
        images: how many were judged.
    """
    limit = _above_chance(classes, images)
    return finding(
        "shuffled-label control",
        f"accuracy {shuffled:.3f} from shuffled labels, {real:.3f} from true ones (chance up to {limit:.3f})",
        fail=shuffled > limit or real <= max(limit, shuffled),
        warn=False,
        advice="shuffled labels are answered right: images or labels leak between the splits"
        if shuffled > limit
        else "shuffled labels teach as much: it learns nothing, or labels do not belong to their images",
    )


def train_inference(training: float, inference: float) -> Finding:
    """Whether the network does at test time what it was trained to do.

    Args:
        training, inference: mean cross-entropy of the same images in training mode (dropout, the batch's own
            statistics) and in inference mode (running averages).
    """
    ratio = inference / training
    return finding(
        "training and inference mode",
        f"loss {training:.3f} in training mode, {inference:.3f} in inference mode",
        fail=not isfinite(ratio) or ratio > 5,
        warn=ratio > 1.5,
        advice="running averages lag or differ from the batches: larger batches, lower momentum",
    )


def _above_chance(classes: int, images: int) -> float:
    """The accuracy that guessing exceeds once in a thousand times: three deviations over chance."""
    chance = 1 / classes
    return chance + 3 * sqrt(chance * (1 - chance) / images)
