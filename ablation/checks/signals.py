"""Checks of what goes through a network: pure functions of arrays by layer, first layer first."""

from collections.abc import Mapping

import numpy as np

from ablation.checks.finding import Finding, finding

Arrays = Mapping[str, np.ndarray]

DEVIATION_PASS, DEVIATION_FAIL = (0.5, 2.0), (1e-3, 1e3)
SIGNAL_WARN, SIGNAL_FAIL = 0.05, 1e-3
VANISHING_WARN, VANISHING_FAIL = 0.1, 1e-3
EXPLODING_WARN, EXPLODING_FAIL = 10.0, 1e3
DEAD_WARN, DEAD_FAIL = 0.5, 0.9
UPDATE_PASS, UPDATE_FAIL = (1e-4, 5e-2), (1e-7, 1.0)


def finite(arrays: Arrays) -> Finding:
    """Whether every number is one.

    Args:
        arrays: by name, of any shape.
    """
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    return finding(
        "finite numbers",
        f"NaN or infinity in {_listed(bad)}" if bad else f"all of {len(arrays)} outputs and gradients",
        fail=bool(bad),
        warn=False,
        advice="lower the learning rate, clip the gradient, and look for logarithms or divisions of zero",
    )


def deviations(outputs: Arrays) -> Finding:
    """Whether activations keep their size from layer to layer: a deviation of 0.5 to 2 (lecture D).

    Args:
        outputs: activations (images, ...) by layer.
    """
    sizes = {name: float(array.std()) for name, array in outputs.items()}
    outside = [name for name, size in sizes.items() if not _within(size, DEVIATION_PASS)]
    broken = [name for name, size in sizes.items() if not _within(size, DEVIATION_FAIL)]
    extreme = max(sizes, key=lambda name: abs(np.log(max(sizes[name], 1e-30))))
    figure = f"{min(sizes.values()):.2g} to {max(sizes.values()):.2g}"
    if outside:
        figure += (
            f"; out of range from {(broken or outside)[0]} on, furthest at {extreme} ({sizes[extreme]:.2g})"
        )
    return finding(
        "activation deviations",
        figure,
        fail=bool(broken),
        warn=bool(outside),
        advice="standardise the inputs, initialise for the activation (He for ReLU), or normalise the layers",
    )


def told_apart(outputs: Arrays) -> Finding:
    """Whether a layer's output still depends on the image: deviation between images over the whole deviation.

    A layer that gives all images the same answer teaches those after it nothing but the classes' frequencies.

    Args:
        outputs: activations (images, ...) by layer.
    """
    shares = {name: _share_between_images(array) for name, array in outputs.items()}
    lost = next((name for name, share in shares.items() if share < SIGNAL_FAIL), None)
    least = min(shares, key=lambda name: shares[name])
    figure = f"{shares[least]:.2g} of the deviation at {least} is between images"
    return finding(
        "images told apart",
        f"{figure}; the signal dies at {lost}" if lost else figure,
        fail=lost is not None,
        warn=shares[least] < SIGNAL_WARN,
        advice="fewer layers, ReLU for sigmoid, normalisation or shortcuts: late layers cannot see the image",
    )


def gradient_norms(backward: Arrays) -> Finding:
    """Whether the gradient reaches the first layer, neither vanished nor exploded.

    Args:
        backward: gradient of each image's loss with respect to the layer's output, (images, ...) by layer;
            the classifier last.
    """
    name = "gradient norms"
    norms = {layer: _norm_per_image(array) for layer, array in backward.items()}
    *_, last = norms
    ratios = {layer: norm / norms[last] if norms[last] else 0.0 for layer, norm in norms.items()}
    smallest, largest = (
        min(ratios, key=lambda layer: ratios[layer]),
        max(ratios, key=lambda layer: ratios[layer]),
    )
    low, high = ratios[smallest], ratios[largest]
    if low < VANISHING_WARN:
        limit = VANISHING_FAIL if low < VANISHING_FAIL else VANISHING_WARN
        where = next(layer for layer in reversed(ratios) if ratios[layer] < limit)
        return finding(
            name,
            f"vanishing: it dies at {where} (under {limit:g} of the classifier's), {low:.2g} at {smallest}",
            fail=low < VANISHING_FAIL,
            warn=True,
            advice="ReLU for sigmoid, standardised inputs, He initialisation, batch norm or shortcuts",
        )
    if high > EXPLODING_WARN:
        limit = EXPLODING_FAIL if high > EXPLODING_FAIL else EXPLODING_WARN
        where = next(layer for layer in reversed(ratios) if ratios[layer] > limit)
        return finding(
            name,
            f"exploding: over {limit:g} times the classifier's at {where}, {high:.2g} times at {largest}",
            fail=high > EXPLODING_FAIL,
            warn=True,
            advice="smaller initial weights, or clip the gradient by its norm",
        )
    figure = f"{low:.2g} (at {smallest}) to {high:.2g} (at {largest}) of the classifier's"
    return Finding(name, "pass", figure)


def dead_units(outputs: Arrays) -> Finding:
    """How many units give the same output for every image.

    Args:
        outputs: activations (images, ..., units) by layer.
    """
    shares = {name: _dead_share(array) for name, array in outputs.items()}
    worst = max(shares, key=lambda name: shares[name])
    return finding(
        "dead units",
        f"{shares[worst]:.0%} at {worst}" if shares[worst] else "none",
        fail=shares[worst] > DEAD_FAIL,
        warn=shares[worst] > DEAD_WARN,
        advice="lower the learning rate, start biases at zero, or use leaky ReLU or ELU",
    )


def frozen(before: Arrays, after: Arrays, intended: frozenset[str] = frozenset()) -> Finding:
    """Whether training moves every variable.

    Args:
        before, after: the values of each weight by its path.
        intended: paths of weights that are set not to be trained.
    """
    still = [path for path in before if np.array_equal(before[path], after[path])]
    unwanted = [path for path in still if path not in intended]
    figure = (
        f"{_listed(unwanted)} did not move"
        if unwanted
        else f"{len(before) - len(still)} of {len(before)} move"
    )
    if still and not unwanted:
        figure += f"; set to be frozen: {_listed(still)}"
    return finding(
        "frozen variables",
        figure,
        fail=bool(unwanted),
        warn=bool(still),
        advice="no gradient reaches them: look for dead units before and after them"
        if unwanted
        else "right for transfer only; otherwise set layer.trainable",
    )


def update_ratio(*steps: tuple[Arrays, Arrays]) -> Finding:
    """Length of an optimizer step over the length of the weights, per kernel: about 0.001 is right.

    Args:
        steps: kernels by path, before and after a step; each kernel is judged by its largest.
    """
    ratios = {
        path: max(
            _length(after[path] - before[path]) / max(_length(before[path]), 1e-12) for before, after in steps
        )
        for path in steps[0][0]
    }
    slow, fast = min(ratios, key=lambda path: ratios[path]), max(ratios, key=lambda path: ratios[path])
    return finding(
        "update to weight ratio",
        f"{ratios[slow]:.1e} ({slow}) to {ratios[fast]:.1e} ({fast})",
        fail=not all(_within(ratio, UPDATE_FAIL) for ratio in ratios.values()),
        warn=not all(_within(ratio, UPDATE_PASS) for ratio in ratios.values()),
        advice="lower the learning rate" if ratios[fast] > UPDATE_PASS[1] else "raise the learning rate",
    )


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _share_between_images(array: np.ndarray) -> float:
    total = float(array.std())
    return float(np.sqrt(array.var(axis=0).mean())) / total if total else 0.0


def _norm_per_image(array: np.ndarray) -> float:
    return float(np.sqrt((array.reshape(len(array), -1).astype(np.float64) ** 2).sum(axis=1).mean()))


def _length(array: np.ndarray) -> float:
    return float(np.linalg.norm(array))


def _dead_share(array: np.ndarray) -> float:
    spread = (array.max(axis=0) - array.min(axis=0)).reshape(-1, array.shape[-1]).max(axis=0)
    return float((spread <= 1e-6 * float(np.abs(array).max())).mean())


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
