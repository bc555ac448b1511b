import numpy as np

from ablation.measures import measure


@measure("Top-5 accuracy", fewest_classes=6)
def top5_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose class is among the five of the largest probability."""
    first = np.argsort(-probabilities, axis=1, kind="stable")[:, :5]
    return float((first == labels[:, None]).any(axis=1).mean())
