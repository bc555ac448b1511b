import numpy as np

from ablation.measures import measure, recalls


@measure("Recall of the worst class", of_predictions=True)
def worst_recall(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The smallest recall of a class that has images."""
    return float(np.nanmin(recalls(probabilities, labels)))
