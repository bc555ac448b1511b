"""Checks of short trainings: pure functions of their figures."""

from dataclasses import dataclass
from math import isfinite, log

import numpy as np

from ablation.checks.finding import Finding, finding

LEARNED, LEAKED = 0.05, 0.01
PERMUTATIONS = 1999


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


@dataclass(frozen=True)
class Answers:
    """How a network answers images that it was not trained on.

    Attributes:
        accuracy: share of right answers.
        chance: the share that guessing gets right.
        p: probability that class names dealt out at random to the network's answers are right as often.
    """

    accuracy: float
    chance: float
    p: float

    @property
    def learned(self) -> bool:
        return self.p < LEARNED


def answers(predicted: np.ndarray, labels: np.ndarray, classes: int, random: np.random.Generator) -> Answers:
    """Accuracy with an exact test against knowing nothing of the names of the classes.

    Even a network that was never told the names answers images of one class alike, so its hits are no independent
    draws; which of its answers stands for which class is the coin that is tossed, once a class.

    Args:
        predicted, labels: int (n,).
        classes: how many.
        random: for the permutations of the names.
    """
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, predicted), 1)
    rows = np.arange(classes)
    hits = int(confusion[rows, rows].sum())
    dealt = [int(confusion[rows, random.permutation(classes)].sum()) for _ in range(PERMUTATIONS)]
    as_good = sum(other >= hits for other in dealt)
    return Answers(hits / len(labels), 1 / classes, (1 + as_good) / (1 + PERMUTATIONS))


def random_input(real: Answers, noise: Answers) -> Finding:
    """Whether the network learns from the images: trained on noise it must stay at chance.

    Args:
        real, noise: after training on the images, and on noise under the same labels.
    """
    leaks = _leaks(noise, real)
    return finding(
        "random-input control",
        f"accuracy {noise.accuracy:.3f} from noise, {_figure(real)} from images",
        fail=leaks,
        warn=not real.learned,
        advice="noise is answered right: labels or their order leak into the network"
        if leaks
        else "images teach no more than noise: see the labels, the gradients and the learning rate",
    )


def shuffled_labels(real: Answers, shuffled: Answers) -> Finding:
    """Whether the labels belong to the images: trained under shuffled labels the network must stay at chance.

    Args:
        real, shuffled: after training under the labels, and under shuffled ones.
    """
    leaks = _leaks(shuffled, real)
    return finding(
        "shuffled-label control",
        f"accuracy {shuffled.accuracy:.3f} from shuffled labels, {_figure(real)} from the given ones",
        fail=leaks or not real.learned,
        warn=False,
        advice="shuffled labels are answered right: images or labels leak between the splits"
        if leaks
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


def _leaks(control: Answers, real: Answers) -> bool:
    return control.p < LEAKED and control.accuracy > (control.chance + real.accuracy) / 2


def _figure(real: Answers) -> str:
    return f"{real.accuracy:.3f} ({'above' if real.learned else 'not above'} chance, p = {real.p:.2g})"
