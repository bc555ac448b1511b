import numpy as np

from ablation.measures import measure

SMALLEST = np.finfo(np.float64).tiny


@measure("Log loss", higher_is_better=False, high=np.inf)
def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -ln of the true class's probability."""
    of_truth = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_truth, SMALLEST)).mean())
