import numpy as np

from ablation.measures import measure, recalls


@measure("Balanced accuracy", of_predictions=True)
def balanced_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean recall of the classes that have images: each counts alike, however many it has."""
    return float(np.nanmean(recalls(probabilities, labels)))
