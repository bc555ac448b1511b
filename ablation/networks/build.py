"""build(recipe) -> keras.Model: the only place where a network is put together."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import keras

from ablation.keras_private import innermost
from ablation.networks import families
from ablation.networks.applications import make_application
from ablation.networks.backbones import APPLICATIONS
from ablation.networks.count import FUNCTIONS
from ablation.networks.functions import make_function
from ablation.networks.graph import Graph, Problem
from ablation.networks.layout import graph
from ablation.networks.make import class_of, make
from ablation.networks.parts import PATCHES
from ablation.optimizers import by_kind
from ablation.recipe import PIECEWISE, Freeze, Layer, Rates, Recipe
from ablation.schedules import ReduceOnPlateau

FLOAT16 = "mixed_float16"
FUSED = {"keras.optimizers.Adam": "ablation.optimizers.Adam"}
NOISE = {
    "dropout": ("Dropout", "SpatialDropout2D", "DropConnectDense", "StochasticDepthAdd"),
    "pooling": ("FractionalMaxPooling2D",),
}


def build(recipe: Recipe, problem: Problem, seed: int) -> keras.Model:
    """The network of a recipe, with initial weights and random streams from `seed`.

    Args:
        recipe: any recipe; its training part only gives the precision.
        problem: shape of the images and number of classes.
        seed: every layer's initial weights and noise follow from it and the layer's name.

    Returns:
        A functional model from images (batch, height, width, channels) of values 0-255 to float32 logits
        (batch, classes).

    Raises:
        ValueError: the recipe cannot be built on such images.
    """
    precision = resolve_precision(recipe.precision)
    image = keras.Input(problem.image_shape, dtype="float32", name="image")
    outputs: dict[str, Any] = {}
    written, computed_by = graph(recipe, problem), families.get(recipe.family).computed_by
    for node in written.nodes:
        dtype = "float32" if node.float32 else precision
        spec = node.layer.replace(path=computed_by.get(node.layer.path, node.layer.path))
        layer = _maker(spec)(spec, seed, node.name, name=node.name, dtype=dtype)
        inputs = [outputs[name] for name in node.inputs]
        outputs[node.name] = layer(image if not inputs else inputs[0] if len(inputs) == 1 else inputs)
    model = keras.Model(image, outputs[written.head[-1].name], name="network")
    if recipe.frozen is not None:
        freeze(model, written, recipe.frozen)
    return model


def freeze(model: keras.Model, written: Graph, how: Freeze) -> None:
    """Take layers before the head out of training, in place.

    Args:
        model: what `build` makes of `written`.
        written: its layers.
        how: which ones.
    """
    base = written.base(how.blocks)
    for layer in _before_last([one for one in model.layers if one.name in base], how.but_last):
        if how.statistics:
            layer.trainable = False
            continue
        for one, alone in innermost(layer):
            # batch normalisations stay in training mode: only their weights freeze
            if isinstance(one, keras.layers.BatchNormalization):
                for weight in one.trainable_variables:
                    weight.trainable = False
            elif alone:
                one.trainable = False


def _before_last(base: list[keras.layers.Layer], last: int) -> list[keras.layers.Layer]:
    """The layers of a base, or those of its backbone up to the last ones."""
    if not last:
        return base
    within = [one for backbone in base for one in getattr(backbone, "layers", [backbone])]
    if last >= len(within):
        raise ValueError(
            f"frozen.but_last: expected fewer than the backbone's {len(within)} layers, found {last}"
        )
    return within[:-last]


def with_noise(network: keras.Model, kinds: Iterable[str]) -> keras.Model:
    """The same layers, weights shared, where the training noise of some layers is always on.

    Args:
        network: what `build` gave.
        kinds: keys of `NOISE`.

    Returns:
        A model to be called without `training`; all other layers are in inference mode.
    """
    classes = {name for kind in kinds for name in NOISE[kind]}

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if "training" in inspect.signature(layer.call).parameters:
            kwargs["training"] = type(layer).__name__ in classes
        return layer(*args, **kwargs)

    return keras.models.clone_model(network, clone_function=lambda layer: layer, call_function=call)


def _maker(spec: Layer) -> Callable[..., Any]:
    """What makes a layer of a spec."""
    if spec.path.startswith(FUNCTIONS):
        return make_function
    return make_application if spec.path.startswith(APPLICATIONS) else make


def make_optimizer(recipe: Recipe, steps_per_epoch: int, seed: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule, weight decay, clipping and averaging of weights; under
    float16 it scales the loss."""
    rate = make_rate(recipe, steps_per_epoch, seed)
    if isinstance(rate, ReduceOnPlateau):
        rate = rate.initial_learning_rate
    given: dict[str, Any] = {"learning_rate": rate}
    spec = recipe.optimizer
    spec = spec.replace(path=FUSED.get(spec.path, spec.path))
    given |= _decay(spec, recipe.weight_decay)
    if recipe.clip is not None:
        given["clipvalue" if recipe.clip.by == "value" else "global_clipnorm"] = recipe.clip.limit
    if recipe.ema:
        given |= {"use_ema": True, "ema_momentum": recipe.ema}
    optimizer = make(spec, seed, "optimizer", **given)
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    whitening = recipe.whitening
    if recipe.rates != Rates() or recipe.gradient_l2 or whitening is not None:
        ends = (
            {} if whitening is None else {f"{PATCHES}/bias": round(whitening.bias_epochs * steps_per_epoch)}
        )
        by_kind(optimizer, recipe.rates.model_dump(), recipe.gradient_l2, ends)
    return keras.optimizers.LossScaleOptimizer(optimizer) if recipe.precision == FLOAT16 else optimizer


def make_rate(recipe: Recipe, steps_per_epoch: int, seed: int) -> Any:
    """The recipe's learning rate: a number, a Keras schedule of the steps, or a rule on the epochs' curves."""
    rate: Any = recipe.learning_rate
    if recipe.schedule is None:
        return rate
    units = {"epoch": steps_per_epoch, "total": recipe.total_steps(steps_per_epoch)}
    options = {key: _steps(value, units) for key, value in recipe.schedule.options.items()}
    first = {} if recipe.schedule.path == PIECEWISE else {"initial_learning_rate": rate}
    return make(Layer(path=recipe.schedule.path, options=options), seed, "schedule", **first)


def warmup_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    """Steps in which the recipe's schedule lets the rate rise; 0 without such."""
    if recipe.schedule is None:
        return 0
    units = {"epoch": steps_per_epoch, "total": recipe.total_steps(steps_per_epoch)}
    return int(_steps(recipe.schedule.options.get("warmup_steps") or 0, units))


def _decay(spec: Layer, rate: float) -> dict[str, float]:
    """The recipe's weight decay for every part of the optimizer that has one; none means none.

    AdamW and Muon decay by 0.004 of their own accord, which would work on every step of a study unseen. What a study
    sets among the optimizer's options stays.
    """
    known = inspect.signature(class_of(spec)).parameters
    own = {key: one.default for key, one in known.items() if key in ("weight_decay", "adam_weight_decay")}
    given = {key: rate for key, default in own.items() if default and key not in spec.options}
    return {"weight_decay": rate} | given if rate else given


def _steps(value: Any, units: dict[str, int]) -> Any:
    """`"epoch"`, `"91 epoch"`, `"0.5 total"`, or each of a list, as a number of steps; all else as it stands."""
    if isinstance(value, list | tuple):
        return [_steps(one, units) for one in value]
    if not isinstance(value, str):
        return value
    number, _, unit = value.rpartition(" ")
    return max(1, round(float(number or 1) * units[unit])) if unit in units else value


def resolve_precision(precision: str) -> str:
    """`auto` made definite for this machine: bfloat16 activations where the hardware computes in them."""
    if precision != "auto":
        return precision
    from ablation.hardware import computes_in_bfloat16

    return "mixed_bfloat16" if computes_in_bfloat16() else "float32"
