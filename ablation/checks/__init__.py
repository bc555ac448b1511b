"""The sanity list of lecture D: what to look at before blaming the method."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from ablation.checks import data, signals, training
from ablation.checks.finding import Finding
from ablation.data import Splits
from ablation.engine import Engine, new_engine
from ablation.engine.gradients import gradients, layer_signals
from ablation.engine.learner import Learner, new_learner
from ablation.networks.layout import Node, layout
from ablation.recipe import Recipe
from ablation.streams import generator
from ablation.train.engines import problem_of
from ablation.train.judge import evaluate

TRAIN, JUDGED, FEW, PROBED = 1_500, 500, 64, 128
OVERFIT_STEPS, OVERFIT_STRIDE, CONTROL_STEPS, WARM_STEPS = 150, 25, 60, 30
REGULARISERS = (
    "pixel_augment", "augment", "conv", "dense", "l1", "l2", "merge", "block_end", "head_end",
    "frozen", "mix", "label_smoothing", "loss", "weight_decay", "schedule", "early_stopping", "stop_at_chance", "ema",
)  # fmt: skip


def check(recipe: Recipe, splits: Splits, seed: int = 0) -> tuple[Finding, ...]:
    """The whole list for one recipe, in one to two minutes on two cores for a quick preset.

    The data are judged as they are; the network on up to 1,500 training and 500 validation images. What asks
    whether it can learn at all (few images by heart, the two controls) trains it without its regularisers.

    Args:
        recipe: any.
        splits: the data that it would be trained on.
        seed: of weights, order and noise.

    Raises:
        ValueError: the recipe cannot be built on such images.
    """
    return (*check_data(splits, recipe.batch_size, seed), *check_network(recipe, splits, seed))


def check_data(splits: Splits, batch: int, seed: int = 0) -> tuple[Finding, ...]:
    """The checks that need no network."""
    images = {"train": splits.x_train, "val": splits.x_val, "test": splits.x_test}
    if splits.x_val is splits.x_test:
        del images["val"]
    order = generator(seed, "order", 1).permutation(len(splits.x_train))
    return (
        data.class_balance(splits.y_train, splits.classes),
        data.duplicates(images),
        data.preprocessing(images),
        data.mixed_batches(splits.y_train[order[:batch]]),
    )


def check_network(recipe: Recipe, splits: Splits, seed: int = 0) -> tuple[Finding, ...]:
    """The checks of the network in float32, all classes of equal weight: before training, after a few steps, and
    without its regularisers."""
    recipe = recipe.replace(precision="float32", class_weight=None)
    problem = problem_of(splits)
    nodes = layout(recipe, problem)
    learner = new_learner(recipe, problem, WARM_STEPS, seed)
    bare = bare_recipe(recipe)
    plain = learner if bare == recipe else new_learner(bare, problem, CONTROL_STEPS, seed)

    rng = generator(seed, "check")
    x, y = splits.x_train[:TRAIN], splits.y_train[:TRAIN]
    noise = rng.integers(0, 256, x.shape, np.uint8)
    images, labels = np.concatenate([x, noise, x]), np.concatenate([y, y, rng.permutation(y)])
    engine = new_engine(learner, images, labels)
    start = learner.state()
    judged = splits.x_val[:JUDGED], splits.y_val[:JUDGED]
    first_loss, _, _ = evaluate(engine, *judged)
    found = before_training(learner, nodes, x[:PROBED], y[:PROBED])
    found += _after_warm_up(engine, nodes, _batches(rng, len(x), WARM_STEPS), x, y)
    learner.load(start)

    plain_engine = engine if plain is learner else new_engine(plain, images, labels)
    return (
        training.chance_loss(first_loss, problem.classes),
        *found,
        *_bare_trainings(plain_engine, rng, len(x), judged, problem.classes),
    )


def bare_recipe(recipe: Recipe) -> Recipe:
    """The recipe without what is there to keep a network from learning by heart."""
    return recipe.replace(**{field: Recipe.model_fields[field].default for field in REGULARISERS})


def table(findings: Sequence[Finding]) -> str:
    """One line a finding, what to do about it below, and the count of each status."""
    lines = []
    for one in findings:
        lines.append(f"{one.status}  {one.name:<27}  {one.figure}")
        if one.advice:
            lines.append(f"{'':33}-> {one.advice}")
    counts = ", ".join(f"{sum(one.status == s for one in findings)} {s}" for s in ("pass", "warn", "fail"))
    return "\n".join([*lines, counts])


def before_training(
    learner: Learner, nodes: Sequence[Node], x: np.ndarray, y: np.ndarray
) -> tuple[Finding, ...]:
    """The checks of what goes through the untrained network, forward and back, for one batch.

    Args:
        learner: untrained.
        nodes: of its network.
        x: uint8 (batch, height, width, channels).
        y: int32 (batch,).
    """
    forward, backward = layer_signals(learner, nodes, x, y)
    active = _activations(nodes, forward)
    outputs = {"scaling": forward["scaling"], **active, "logits": forward["logits"]}
    weighted = {
        node.name: backward[node.name] for node in nodes if "kernel_initializer" in node.layer.options
    }
    return (
        signals.finite(outputs | {f"gradient of {k}": v for k, v in gradients(learner, x, y).items()}),
        signals.deviations(outputs),
        signals.told_apart(outputs),
        signals.gradient_norms(weighted),
    )


def _after_warm_up(
    engine: Engine, nodes: Sequence[Node], batches: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[Finding, ...]:
    learner = engine.learner
    weights = {variable.path: variable for variable in learner.model.weights}
    untrained = frozenset(weights) - {variable.path for variable in learner.trainable}
    start = _values(weights)
    engine.train(batches[:1])
    second = _values(weights)
    engine.train(batches[1:-1])
    before = _values(weights)
    engine.train(batches[-1:])
    after = _values(weights)

    def kernels(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {path: values[path] for path in values if path.endswith("kernel") and path not in untrained}

    forward, _ = layer_signals(learner, nodes, x[:PROBED], y[:PROBED])
    in_training = _cross_entropy(forward["logits"], y[:PROBED])
    in_inference, _, _ = evaluate(engine, x[:PROBED], y[:PROBED])
    return (
        signals.dead_units(_activations(nodes, forward)),
        signals.frozen(start, after, untrained),
        signals.update_ratio((kernels(start), kernels(second)), (kernels(before), kernels(after))),
        training.train_inference(in_training, in_inference),
    )


def _bare_trainings(
    engine: Engine, rng: np.random.Generator, size: int, judged: tuple[np.ndarray, np.ndarray], classes: int
) -> tuple[Finding, ...]:
    """Few images by heart; then images, noise and shuffled labels, each from one start in one order."""
    learner = engine.learner
    start = learner.state()
    few = min(FEW, size)
    hits, steps = 0, 0
    while steps < OVERFIT_STEPS and hits < few:
        engine.train(np.tile(np.arange(few, dtype=np.int32), (OVERFIT_STRIDE - 1, 1)))
        _, hits = engine.train(np.arange(few, dtype=np.int32)[None])
        steps += OVERFIT_STRIDE
    batches = _batches(rng, size, CONTROL_STEPS)
    control = []
    for copy in range(3):
        learner.load(start)
        engine.train(batches + np.int32(copy * size))
        control.append(training.answers(evaluate(engine, *judged)[2], judged[1], classes, rng))
    learner.load(start)
    real, noise, shuffled = control
    return (
        training.overfits(hits, few, steps),
        training.random_input(real, noise),
        training.shuffled_labels(real, shuffled),
    )


def _activations(nodes: Sequence[Node], forward: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    names = [node.name for node in nodes if node.layer.kind == "Activation"]
    return {name.removesuffix("_activation"): forward[name] for name in names}


def _values(weights: dict) -> dict[str, np.ndarray]:
    return {path: np.array(ops.convert_to_numpy(variable.value)) for path, variable in weights.items()}


def _batches(rng: np.random.Generator, size: int, steps: int) -> np.ndarray:
    """(steps, batch) of indices, every image once before any twice."""
    batch = min(FEW, size)
    rounds = -(-steps * batch // size)
    order = np.concatenate([rng.permutation(size) for _ in range(rounds)])
    return order[: steps * batch].reshape(steps, batch).astype(np.int32)


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    logits = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]).mean())
