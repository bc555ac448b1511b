"""What a training step of the study `fast` costs, and what each thing that makes it cheaper buys.

    python tests/step_time.py [--turns 5] [--preset full] [--csv FILE]

The last rung's network trains on random images on one thread, under TensorFlow in bfloat16: with Keras' own layers,
with those of `ablation.layers` in their place, and once the whitening's bias rests. The forms take turns. Reported is
processor time, which other work on the machine changes little: the median a step, and the ratio to Keras' layers
within a turn.
"""

import argparse
import dataclasses
import os
import statistics
import sys
import time
from collections.abc import Callable
from unittest import mock

import numpy as np
import pandas as pd

IMAGES, STEPS_PER_EPOCH = 10_000, 48
LAYERS = {"GELU": "Activation", "kernels": "Conv2D"}
FORMS = {  # layers of ours, and whether the bias rests
    "Keras' own layers": ((), False),
    "GELU by one kernel": (("GELU",), False),
    "gradients of small maps' kernels by matrix products": (("kernels",), False),
    "both": (("GELU", "kernels"), False),
    "both, once the whitening's bias rests": (("GELU", "kernels"), True),
}


def stepper(preset: str, ours: tuple[str, ...], resting: bool) -> Callable[[], None]:
    """A function that trains one step of a network with these layers of ours, already compiled."""
    from ablation.engine import new_engine
    from ablation.engine.learner import new_learner
    from ablation.networks.families import fast
    from ablation.networks.layout import Problem
    from ablation.study import loading, planning

    recipe = planning.plan(loading.load("fast"), preset=preset, dataset="cifar10")[-1].setting.recipe
    recipe = recipe.replace(precision="mixed_bfloat16")
    kept = {
        path: one
        for path, one in fast.FAMILY.computed_by.items()
        if path.rpartition(".")[2] in {LAYERS[name] for name in ours}
    }
    assert len(kept) == len(ours)
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (IMAGES, 32, 32, 3), np.uint8)
    labels = draw.integers(0, 10, IMAGES).astype(np.int32)
    with mock.patch.object(fast, "FAMILY", dataclasses.replace(fast.FAMILY, computed_by=kept)):
        learner = new_learner(
            recipe, Problem((32, 32, 3), 10, (125.0,) * 3, (60.0,) * 3), STEPS_PER_EPOCH, seed=0
        )
    learner.optimizer.iterations.assign(STEPS_PER_EPOCH * 5 if resting else 0)
    engine = new_engine(learner, images, labels)
    batch = draw.integers(0, IMAGES, (1, recipe.batch_size)).astype(np.int32)
    engine.train(batch)
    return lambda: engine.train(batch)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--preset", default="full")
    parser.add_argument("--csv", help="where the table goes")
    asked = parser.parse_args()
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    from ablation.hardware import device_name, use_threads
    from ablation.runner.provenance import commit

    use_threads()
    steppers = {form: stepper(asked.preset, *what) for form, what in FORMS.items()}
    seconds: dict[str, list[float]] = {form: [] for form in FORMS}
    for turn in range(asked.turns):
        for form, step in steppers.items():
            before = time.process_time()
            step()
            seconds[form].append(time.process_time() - before)
        print(f"turn {turn + 1} of {asked.turns}", file=sys.stderr, flush=True)
    plain = seconds[next(iter(FORMS))]
    rows = []
    for form, found in seconds.items():
        ratios = [one / other for one, other in zip(found, plain, strict=True)]
        rows.append(
            {
                "form": form,
                "ms": f"{1e3 * statistics.median(found):.0f}",
                "ratio": f"{statistics.median(ratios):.3f}",
                "ratio_low": f"{min(ratios):.3f}",
                "ratio_high": f"{max(ratios):.3f}",
                "turns": asked.turns,
                "preset": asked.preset,
                "device": device_name(),
                "git_commit": commit(),
            }
        )
    pd.DataFrame(rows).to_csv(asked.csv or sys.stdout, index=False)


if __name__ == "__main__":
    main()
