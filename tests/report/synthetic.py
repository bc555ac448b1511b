"""Results folders made up from known effects."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ablation.results.folder import RunFolder
from ablation.results.read import Results, load

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
LADDER = ("baseline", "noise", "batch_norm", "dropout", "l2", "augment", "capacity", "residual")
TEST = (0.602, 0.604, 0.671, 0.702, 0.706, 0.771, 0.803, 0.799)
TRAIN = (0.998, 0.997, 1.0, 0.951, 0.948, 0.851, 0.932, 0.941)
LECTURE = (0.78, 0.80, 0.84, 0.866, 0.875, 0.906, 0.93, 0.93)
TITLES = {"l2": "L2"}
EVIL = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked=1"> | `{{ 7 * 7 }}` '
    "</style> $x$ [a](b)"
)


def step(
    design: str, name: str, position: int, base: str | None, tricks: Sequence[str], **extra: Any
) -> dict[str, Any]:
    """A step of the manifest."""
    return {
        "design": design,
        "step": name,
        "position": position,
        "base": base,
        "title": TITLES.get(name, name.replace("_", " ").replace("-", " ")),
        "tricks": [
            {
                "name": trick,
                "parameters": {"rate": 0.3},
                "card": f"{trick}: what it does.\n\nWhere it comes from and when it hurts.",
            }
            for trick in tricks
        ],
        "changes": {f"field_of_{tricks[-1]}": ["none", "Dropout(rate=0.3)"]} if tricks else {},
        "lecture": {},
        "parameters": 1_000_000,
        "flops_per_image": 40_000_000,
        **extra,
    }


def config_hash(design: str, step: str, seed: int) -> str:
    """Of a made-up trial."""
    return hashlib.sha256(f"{design}-{step}-{seed}".encode()).hexdigest()[:16]


def ladder(count: int = 8) -> list[dict[str, Any]]:
    """The steps of a cumulative ladder with as many rungs."""
    names = [LADDER[i] if i < 8 else f"extra_rung_{i}" for i in range(count)]
    return [
        step(
            "cumulative",
            name,
            i,
            names[i - 1] if i else None,
            [name] if i else [],
            lecture={"val": LECTURE[i], "train": 1.0} if i < 8 else {},
            parameters=1_000_000 * (4 if i >= 6 else 1),
            flops_per_image=40_000_000 * (4 if i >= 6 else 1) + (3_000_000 if i >= 7 else 0),
        )
        for i, name in enumerate(names)
    ]


def accuracies(count: int) -> tuple[dict[str, float], dict[str, float]]:
    """Test and train accuracy a rung of `ladder(count)`."""
    names = [one["step"] for one in ladder(count)]
    test = {name: TEST[i] if i < 8 else TEST[-1] + 0.006 * (i - 7) for i, name in enumerate(names)}
    return test, {name: TRAIN[min(i, 7)] for i, name in enumerate(names)}


def write_study(
    path: Path,
    *,
    steps: Sequence[Mapping[str, Any]] | None = None,
    test: Mapping[str, float] | None = None,
    train: Mapping[str, float] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int = 12,
    noise: float = 0.006,
    outcomes: Mapping[tuple[str, int], Mapping[str, Any] | None] | None = None,
    dataset: Mapping[str, Any] | None = None,
    generator_seed: int = 7,
    **manifest: Any,
) -> Results:
    """Write and read back a results folder.

    Args:
        test, train: true accuracy a step.
        noise: deviation of what a seed adds to a step.
        outcomes: (step, seed) -> fields that replace the trial's own (a failed trial), or None: the trial is
            missing.
        manifest: keys that replace the manifest's own.
    """
    steps = list(steps or ladder())
    known_test, known_train = accuracies(20)
    test, train = {**known_test, **(test or {})}, {**known_train, **(train or {})}
    generator = np.random.default_rng(generator_seed)
    luck = {seed: generator.normal(0, 0.01) for seed in seeds}
    folder, planned = RunFolder(path), []
    for one in steps:
        for seed in seeds:
            name = one["step"]
            config = config_hash(one["design"], name, seed)
            planned.append(
                {
                    **{key: one[key] for key in ("design", "step", "position")},
                    "seed": seed,
                    "config_hash": config,
                }
            )
            accuracy = float(np.clip(test[name] + luck[seed] + generator.normal(0, noise), 0, 1))
            record = trial(one, seed, config, accuracy, min(train[name], 1.0), epochs, generator)
            outcome = (outcomes or {}).get((name, seed), {})
            if outcome is not None:
                folder.save_trial({**record, **outcome})
    folder.write_tables(planned, folder.read_trials())
    folder.write_manifest(
        {
            "study": {
                "name": "generalization",
                "title": "The generalisation ladder",
                "source": "Model Generalization, AI VIETNAM 2023",
                "question": "What does each trick buy?",
            },
            "preset": "quick",
            "protocol": "honest",
            "designs": list(dict.fromkeys(one["design"] for one in steps)),
            "steps": steps,
            "trials": planned,
            "seeds": list(seeds),
            "dataset": {
                "name": "shapes",
                "sha256": "9f2c" * 16,
                "source": "drawn by the project",
                "train": 4000,
                "val": 1000,
                "test": 2000,
                "classes": CLASSES,
                "note": "CIFAR-10 is not at hand",
                **(dataset or {}),
            },
            "versions": {"keras": "3.15.0", "tensorflow": "2.21.0", "numpy": "2.4.6"},
            "backend": "tensorflow",
            "device": "CPU",
            "precision": "float32",
            "git_commit": "0123abc",
            "command": "ablation run generalization",
            "start": "2026-01-01T10:00:00+00:00",
            "end": "2026-01-01T10:30:00+00:00",
            **manifest,
        }
    )
    return load(path)


def evil_study(path: Path) -> Results:
    """A folder in which every text that a user, a trick or an error may bring is an attack."""
    steps = ladder(3)
    for one in steps:
        one["title"] = EVIL
        one["lecture"] = {}
    steps[1]["tricks"][0] |= {"name": EVIL, "card": EVIL, "parameters": {EVIL: EVIL}}
    steps[1]["changes"] = {EVIL: [EVIL, EVIL]}
    return write_study(
        path,
        steps=steps,
        outcomes={("batch_norm", 0): {"status": "failed", "error": EVIL}},
        dataset={"note": EVIL, "source": EVIL, "classes": [EVIL] * 10, "name": EVIL},
        study={"name": EVIL, "title": EVIL, "question": EVIL, "source": EVIL},
        preset=EVIL,
        command=EVIL,
        git_commit=None,
        versions={EVIL: EVIL},
        device=EVIL,
    )


def trial(
    one: Mapping[str, Any],
    seed: int,
    config: str,
    test: float,
    train: float,
    epochs: int,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """The record of one done trial whose curves saturate at its accuracies."""
    rise = 1 - np.exp(-4 * np.arange(1, epochs + 1) / epochs)
    running = np.clip((train - 0.02) * rise + generator.normal(0, 0.004, epochs), 0, 1)
    val = np.clip((test + 0.01) * rise + generator.normal(0, 0.01, epochs), 0, 1)
    flops = float(one["flops_per_image"])
    return {
        "seed": seed,
        "status": "done",
        "epochs_run": epochs,
        "best_epoch": int(np.argmax(val)) + 1,
        "train_accuracy": train,
        "running_train_accuracy": float(running[-1]),
        "val_accuracy": float(val[-1]),
        "best_val_accuracy": float(val.max()),
        "test_accuracy": test,
        "gap": train - test,
        "train_loss": 1 - train,
        "val_loss": 1.2 - test,
        "test_loss": 1.2 - test,
        "parameters": one["parameters"],
        "flops_per_image": one["flops_per_image"],
        "train_seconds": flops / 1e6 + 2 * seed + one["position"],
        "images_per_second": 900.0,
        "peak_memory_mb": 800.0,
        "config_hash": config,
        "error": "",
        "epochs": [
            {
                "epoch": i + 1,
                "loss": float(2.3 * (1 - rise[i])),
                "accuracy": float(running[i]),
                "val_loss": float(2.3 * (1 - rise[i]) + 0.2),
                "val_accuracy": float(val[i]),
                "learning_rate": 1e-3,
                "seconds": 2.5,
            }
            for i in range(epochs)
        ],
        "confusion": confusion(test, generator),
    }


def confusion(accuracy: float, generator: np.random.Generator, each: int = 200) -> np.ndarray:
    """Counts (10, 10) of `each` images a class with about that accuracy; cats are mostly taken for dogs."""
    wrong = np.ones((10, 10)) - np.eye(10)
    wrong[3, 5] = wrong[5, 3] = 12
    shares = (1 - accuracy) * wrong / wrong.sum(axis=1, keepdims=True) + accuracy * np.eye(10)
    return np.array([generator.multinomial(each, row) for row in shares])
