import numpy as np

from ablation.measures import measure


@measure("Macro F1", of_predictions=True)
def macro_f1(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of 2 TP / (2 TP + FP + FN) over the classes that have images or are predicted."""
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    hits = np.bincount(labels[predicted == labels], minlength=classes)
    either = np.bincount(labels, minlength=classes) + np.bincount(predicted, minlength=classes)
    return float((2 * hits[either > 0] / either[either > 0]).mean())
