import numpy as np

from ablation.measures import measure

BINS = 15


@measure("Expected calibration error", higher_is_better=False)
def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """How far confidence lies from accuracy in 15 equal bins of confidence, weighted by images (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    excess = np.bincount(places, weights=confidence - right, minlength=BINS)
    return float(np.abs(excess).sum() / len(labels))
