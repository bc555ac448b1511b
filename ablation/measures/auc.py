import numpy as np

from ablation.measures import measure


@measure("AUC, one against the rest")
def auc(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the classes of the area under the ROC curve of its probability, one class against the rest.

    It is the chance that an image of the class gets a higher probability of it than one of another class; a tie counts
    half. Nan where a class has no images, or all of them.
    """
    count, classes = probabilities.shape
    areas = []
    for kind in range(classes):
        mine = labels == kind
        inside = int(mine.sum())
        if not 0 < inside < count:
            return float("nan")
        _, place, times = np.unique(probabilities[:, kind], return_inverse=True, return_counts=True)
        ranks = (np.cumsum(times) - (times - 1) / 2)[place]
        areas.append((ranks[mine].sum() - inside * (inside + 1) / 2) / (inside * (count - inside)))
    return float(np.mean(areas))
