"""Recipe: the frozen, complete description of one network and of how it is trained.

A recipe is plain data. It names Keras classes by their import path instead of holding them, so it can be compared
field by field, hashed and printed without importing Keras; `ablation.networks.build` turns it into a model.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)

Probability = Annotated[float, Field(ge=0, le=1)]  # of an event
Rate = Annotated[
    float, Field(ge=0, lt=1)
]  # a share that is dropped, or the weight of the past: 1 leaves nothing
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
PositiveInt = Annotated[int, Field(ge=1)]


def _or_fraction(given: Any, whole: Callable[[Any], int]) -> float:
    broken = isinstance(given, float) and math.isfinite(given) and given > 0 and not given.is_integer()
    return given if broken else whole(given)


Epochs = Annotated[PositiveInt, WrapValidator(_or_fraction), PlainSerializer(lambda value: value)]
"""Passes over the training images: a whole number from 1, or a fraction above 0 like 9.9."""


def check_kinds(annotation: Any, value: Any) -> None:
    """Refuse truth values and text where numbers belong, and numbers where truth values do.

    pydantic takes `true` for 1, `"5"` for 5 and 1 for `true`.

    Args:
        annotation: of the field or parameter.
        value: as given, or a list of such.

    Raises:
        ValueError: what was expected and found.
    """
    if isinstance(value, list | tuple):
        for one in value:
            check_kinds(annotation, one)
    kinds = _kinds(annotation)
    numbers, truth, text = kinds & {int, float}, bool in kinds, kinds & {str, Any}
    if isinstance(value, bool) and numbers and not truth and Any not in kinds:
        raise ValueError(f"expected a number, found {str(value).lower()}")
    if isinstance(value, str) and numbers and not text and _reads_as_number(value):
        raise ValueError(f"expected a number, found '{value[:60]}'")
    if truth and not isinstance(value, bool) and kinds <= {bool, type(None)}:
        raise ValueError(f"expected true or false, found {str(value)[:60]!r}")


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@functools.cache
def _kinds(annotation: Any) -> frozenset[Any]:
    """The plain types that an annotation is made of; a model or a choice of words counts as any."""
    if get_origin(annotation) is Literal:
        return frozenset({Any})
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _kinds(parts[0])
    if parts:
        return frozenset().union(*(_kinds(part) for part in parts if part is not ...))
    return frozenset({annotation if annotation in (int, float, bool, str, type(None)) else Any})


PIECEWISE = "keras.optimizers.schedules.PiecewiseConstantDecay"


class Frozen(BaseModel):
    """A value: immutable, compared by content, unknown keys rejected, numbers given as numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _kinds_are_kept(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name is not None:
            check_kinds(cls.model_fields[info.field_name].annotation, value)
        return value

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated like a new one."""
        return type(self).model_validate({**dict(self), **changes}) if changes else self


class Layer(Frozen):
    """One Keras object, named but not yet made.

    Attributes:
        path: import path of the class: `keras.layers.Dropout`, `keras.initializers.HeNormal`.
        options: its keyword arguments; a value may itself be a `Layer`. `name`, `dtype` and `seed` are given by the
            network builder.
    """

    path: str
    options: dict[str, Any] = {}

    @classmethod
    def of(cls, path: str, **options: Any) -> Self:
        return cls(path=path, options=options)

    @property
    def kind(self) -> str:
        """The class name: `Dropout`."""
        return self.path.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{key}={value}' for key, value in self.options.items())})"


class EarlyStopping(Frozen):
    """Stop when the validation curve has not improved for `patience` epochs; the best epoch's weights are kept.

    Attributes:
        patience: epochs without improvement before training ends.
        monitor: the curve that is watched; a loss should fall, an accuracy rise.
        smoothing: weight of the past in the exponential moving average that is watched, 0 for the raw curve.
    """

    patience: PositiveInt = 3
    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    smoothing: Rate = 0.0


class Clip(Frozen):
    """Gradient clipping.

    Attributes:
        by: `value` clips every component to [-limit, limit]; `norm` scales the gradient of all weights together down
            to the length `limit` where it is longer.
        limit: largest component or length.
    """

    by: Literal["value", "norm"]
    limit: Positive


class Loss(Frozen):
    """What training minimises, besides the network's penalties: a mean over the images of a batch.

    Judged, and shown as validation and test loss, is the cross-entropy of the softmax whatever was minimised, so
    that the losses of all steps are of one kind.

    Attributes:
        name: `categorical_crossentropy` of the softmax; `focal`, the same with each class's term times
            `alpha * (1 - p)^gamma` (Lin et al. 2017); `binary_crossentropy`, the mean over the classes of one sigmoid
            each (Wightman et al. 2021).
        gamma: of `focal`, 2 where not said: 0 is cross-entropy, more leaves more of the easy images out.
        alpha: of `focal`, 1 where not said: factor on the whole.
    """

    name: Literal["categorical_crossentropy", "focal", "binary_crossentropy"] = "categorical_crossentropy"
    gamma: NonNegative | None = None
    alpha: Positive | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A name alone is enough; what `focal` is not told is its usual value."""
        given = {"name": value} if isinstance(value, str) else value
        if isinstance(given, dict) and given.get("name") == "focal":
            usual = {"gamma": 2.0, "alpha": 1.0}
            return given | {key: one for key, one in usual.items() if given.get(key) is None}
        return given

    @field_validator("gamma", "alpha")
    @classmethod
    def _is_read(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("name") != "focal":
            raise ValueError(f"expected loss focal beside it, found {info.data.get('name')}")
        return value


def _class_weight(value: Any) -> Any:
    """`balanced`, a tuple, or a dictionary by class, as it was meant.

    Raises:
        ValueError: it is none of them.
    """
    if value is None or value == "balanced":
        return value
    many = isinstance(value, list | tuple | dict) and len(value) > 0
    numbers = list(value.values() if isinstance(value, dict) else value) if many else [None]
    keys = [str(key) for key in value] if isinstance(value, dict) else []
    if not (all(map(_is_weight, numbers)) and all(key.isdecimal() for key in keys)):
        raise ValueError(
            "expected balanced, a list of numbers from 0, one a class, or such numbers by class, "
            f"found {str(value)[:60]!r}"
        )
    return dict(zip(map(int, keys), numbers, strict=True)) if keys else tuple(numbers)


def _is_weight(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


ClassWeight = Annotated[
    Literal["balanced"] | tuple[float, ...] | dict[int, float], BeforeValidator(_class_weight)
]
"""Weights of classes in the loss: `balanced`, one number a class, or numbers by class, 1 for all others."""


class LogitViews(Frozen):
    """Six views: an image, itself shifted up and left, and down and right, edges reflected, each also mirrored.

    Attributes:
        shift: pixels.
        weight: of the image and its mirror image together; the shifted ones share the rest.
    """

    shift: PositiveInt = 1
    weight: Probability = 0.5


class Prediction(Frozen):
    """Test-time averaging: mean class probabilities over fixed views of an image and over noisy passes.

    Attributes:
        flips: also the mirrored image.
        crops: pixels by which four more views are shifted, one to each corner, edges repeated; 0 for none.
        scales: more views, magnified about the centre by these factors.
        noise: kinds of layers whose training noise stays on.
        draws: passes with that noise.
        logit_views: views whose logits are averaged with weights; then without the views above.
    """

    flips: bool = False
    crops: Annotated[int, Field(ge=0)] = 0
    scales: tuple[Annotated[float, Field(gt=1)], ...] = ()
    noise: tuple[Literal["dropout", "pooling"], ...] = ()
    draws: PositiveInt = 1
    logit_views: LogitViews | None = None


class Backbone(Frozen):
    """A published network in the blocks' place; its name alone is enough.

    Attributes:
        name: of `keras.applications`; grey images are shown to it as RGB.
        weights: `imagenet`, which Keras fetches into its cache, `none` for random ones, or the sha256 of the file that
            `--weights` named.
    """

    name: str = "ResNet50"
    weights: Annotated[str, Field(pattern=r"^(imagenet|none|sha256:[0-9a-f]{16})$")] = "imagenet"

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Freeze(Frozen):
    """Layers before the head whose weights stay as they are.

    Attributes:
        blocks: how many of the first blocks; all of them, or the backbone, where None.
        statistics: whether their batch normalisations use and keep their running statistics too. Without it they
            normalise training batches by the batches' own figures, and the running ones drift.
        but_last: of a backbone, this many of its last layers are trained all the same.
    """

    blocks: PositiveInt | None = None
    statistics: bool = True
    but_last: Annotated[int, Field(ge=0)] = 0


class Pretraining(Frozen):
    """The training that the blocks' first weights come from: the same network on other classes, same seed, Adam.

    Attributes:
        classes: labels of the dataset.
        train, val: numbers of images; None for all, and 5,000 for validation.
        epochs, batch_size, learning_rate: as in `Training`.
    """

    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)]
    train: PositiveInt | None = None
    val: PositiveInt | None = None
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 128
    learning_rate: Positive = 1e-3


class WarmUp(Frozen):
    """The same training with frozen layers, which comes first and whose weights all are taken over.

    Attributes:
        epochs, learning_rate: of the warm-up.
        frozen: in the warm-up.
    """

    epochs: Epochs
    learning_rate: Positive
    frozen: Freeze


class Whitening(Frozen):
    """A first convolution whose kernel is not trained: it takes the correlation out of small patches of the images.

    Its filters are the eigenvectors of the patches' covariance over the training images, each divided by the square
    root of its eigenvalue plus `epsilon`, and their negations.

    Attributes:
        kernel_size: side of a patch, pixels.
        epsilon: keeps directions of next to no variance from becoming noise.
        images: the first ones of the training images that the patches are taken from; fewer where there are fewer.
        bias_epochs: for which the convolution's bias is trained.
    """

    kernel_size: PositiveInt = 2
    epsilon: Positive = 5e-4
    images: PositiveInt = 5000
    bias_epochs: NonNegative = 3.0


class Rates(Frozen):
    """Factors on the learning rate by kind of weight.

    Attributes:
        kernel, bias: of convolutions and dense layers.
        gamma, beta: scale and shift of normalisations.
    """

    kernel: Positive = 1.0
    bias: Positive = 1.0
    gamma: Positive = 1.0
    beta: Positive = 1.0


class Lookahead(Frozen):
    """Slow weights that follow the trained ones, which go on from there.

    After every `every` steps slow = a * slow + (1 - a) * trained, statistics of normalisations included, and
    trained = slow, with a = decay^every * (t / T)^power in step t of T. In the end the slow weights are judged.

    Attributes:
        every: steps between two pulls.
        decay: weight of the slow weights, a step, at the end of the training.
        power: how late that weight comes; 0 has it from the start.
    """

    every: PositiveInt = 5
    decay: Rate = 0.95
    power: NonNegative = 3.0


class Network(Frozen):
    """The part of a recipe that shapes the network.

    Attributes:
        family: of networks, a module of `ablation.networks.families`; it says which of the other fields it reads.
        options: of the family.
        scaling: `standardize` with the training set's mean and deviation per channel, `unit` for [0, 1], or `none`; a
            backbone brings its own.
        pixel_augment: layers on pixels 0-255 before scaling, active in training only.
        augment: layers between scaling and the first convolution, active in training only.
        backbone: stands in for all blocks, or none.
        whitening: a first convolution that whitens patches, or none.
        widths: filters of each block; a block ends in a 2x2 pooling.
        convs_per_block: convolutions in every block, or one number a block.
        kernel_size: side of the convolutions' kernels, pixels.
        conv, dense: the classes (with fixed options) that convolutions and dense layers are made of.
        initializer: of every convolution's and dense layer's kernel.
        l1, l2: penalties `l1 * sum|w|` and `l2 * sum w^2` on kernels, never on biases.
        norm: normalisation layer of every convolution, or none. With `norm_position` `before_activation` the
            convolution has no bias, since the normalisation has one.
        norm_position: `before_activation` (conv, norm, ReLU) or `after_activation` (conv, ReLU, norm).
        activation: any name in `keras.activations`.
        pool: the layer that halves height and width.
        pool_position: where it stands in a block: `last`, or `first`, right behind the first convolution, before its
            normalisation and activation.
        shortcut: `conv` adds conv3x3 with stride 2 + activation of the block's input to the block's pooled output.
        merge: the layer that adds the shortcut.
        block_end: layers after every block.
        flatten: the layer that turns the last block's output into a vector.
        bottleneck: units of a linear dense layer between that vector and the head, or none.
        head: units of the dense layers between the last block and the classifier.
        head_norm: whether `norm` also follows every dense layer of the head.
        head_end: layers after every dense layer of the head.
        logit_scale: factor on the logits.
    """

    family: str = "blocks"
    options: dict[str, Any] = {}
    scaling: Literal["standardize", "unit", "none"] = "standardize"
    pixel_augment: tuple[Layer, ...] = ()
    augment: tuple[Layer, ...] = ()
    backbone: Backbone | None = None
    whitening: Whitening | None = None
    widths: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64, 128, 256)
    convs_per_block: PositiveInt | tuple[PositiveInt, ...] = 2
    kernel_size: PositiveInt = 3
    conv: Layer = Layer(path="keras.layers.Conv2D")
    dense: Layer = Layer(path="keras.layers.Dense")
    initializer: Layer = Layer(path="keras.initializers.HeNormal")
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    norm: Layer | None = None
    norm_position: Literal["before_activation", "after_activation"] = "before_activation"
    activation: str = "relu"
    pool: Layer = Layer(path="keras.layers.MaxPooling2D")
    pool_position: Literal["last", "first"] = "last"
    shortcut: Literal["none", "conv"] = "none"
    merge: Layer = Layer(path="keras.layers.Add")
    block_end: tuple[Layer, ...] = ()
    flatten: Layer = Layer(path="keras.layers.Flatten")
    bottleneck: PositiveInt | None = None
    head: tuple[PositiveInt, ...] = (512,)
    head_norm: bool = False
    head_end: tuple[Layer, ...] = ()
    logit_scale: Positive = 1.0


class Training(Frozen):
    """The part of a recipe that trains the network.

    Attributes:
        mix: layer that blends a batch's images and labels (mixup, cutmix), or none.
        label_smoothing: weight given to the uniform distribution in the training target.
        loss: what is minimised; its name alone is enough.
        class_weight: factor on an image's loss by its class (mixed, by its shares of classes): `balanced` for
            images / (classes * images of the class), one number a class, or numbers by class, 1 for all others.
        oversample: whether an epoch's images are drawn in equal shares of the classes: rare ones stand in it several
            times, common ones in part. As many images as without.
        optimizer: a `keras.optimizers` class with its options, the learning rate aside.
        learning_rate: the first one.
        schedule: a learning-rate schedule class, or none for a constant rate. An option's value `"epoch"` or
            `"total"` stands for the number of steps in one epoch or the whole training, `"0.5 total"` for half; so
            do the items of a list: `boundaries: [91 epoch, 136 epoch]`. The first rate is `learning_rate`.
            `ablation.schedules.ReduceOnPlateau` goes by the curves instead of the steps.
        rates: factors on the learning rate by kind of weight.
        gradient_l2: coupled: this share of every trained weight joins its gradient (clipped before). What a factor of
            `rates` multiplies has the share divided by it, so that rate times share is one for all.
        weight_decay: decoupled: each step takes this share, times the learning rate, off every kernel weight.
        clip: of the gradients, or none.
        ema: weight of the past in the moving average of the weights that is judged in the end; 0 for none.
        lookahead: slow weights beside the trained ones, or none.
        alternating_flip: half of the images are mirrored in the first epoch, and from then on each image in every
            other epoch.
        early_stopping: or none to train all epochs and keep the last weights.
        stop_at_loss: a training whose loss, in any step, exceeds this many times that of the first step has diverged
            and ends there; none to stop only where the loss leaves the finite numbers. The lecture's search takes 3.
        epochs: passes over the training images; after 9.9 the last of ten epochs is a tenth shorter.
        batch_size: images a step; what does not fill the last batch of an epoch is left out of that epoch.
        precision: `auto` takes bfloat16 for activations where the hardware computes in it. `mixed_float16` is for
            hardware that has float16 alone (T4, V100): the loss is scaled so that small gradients survive, and a step
            whose gradients overflow is left out (`keras.optimizers.LossScaleOptimizer`).
        pretrained: where the blocks' first weights come from; random ones where none.
        frozen: layers that are not trained, or none.
        warm_up: a first phase with frozen layers, or none.
        predict: how the trained network is judged; the curves over the epochs are of single plain passes.
        stream: 0, or the number of a repetition: the same training with other random numbers for the same seed.
    """

    mix: Layer | None = None
    label_smoothing: Rate = 0.0
    loss: Loss = Loss()
    class_weight: ClassWeight | None = None
    oversample: bool = False
    optimizer: Layer = Layer(path="keras.optimizers.Adam")
    learning_rate: Positive = 1e-3
    schedule: Layer | None = None
    rates: Rates = Rates()
    gradient_l2: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    clip: Clip | None = None
    ema: Rate = 0.0
    lookahead: Lookahead | None = None
    alternating_flip: bool = False
    early_stopping: EarlyStopping | None = None
    stop_at_loss: Annotated[float, Field(gt=1)] | None = None
    epochs: Epochs = 50
    batch_size: PositiveInt = 128
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    pretrained: Pretraining | None = None
    frozen: Freeze | None = None
    warm_up: WarmUp | None = None
    predict: Prediction = Prediction()
    stream: Annotated[int, Field(ge=0)] = 0

    @field_validator("optimizer")
    @classmethod
    def _one_rate(cls, optimizer: Layer) -> Layer:
        if "learning_rate" in optimizer.options:
            raise ValueError("expected no option 'learning_rate': training.learning_rate is the rate")
        return optimizer

    @field_validator("schedule")
    @classmethod
    def _one_first_rate(cls, schedule: Layer | None, info: ValidationInfo) -> Layer | None:
        if schedule is None:
            return None
        if "initial_learning_rate" in schedule.options:
            raise ValueError(
                "expected no option 'initial_learning_rate': training.learning_rate is the first rate"
            )
        values, rate = schedule.options.get("values"), info.data.get("learning_rate")
        if schedule.path == PIECEWISE and isinstance(values, list | tuple) and values and values[0] != rate:
            raise ValueError(
                f"expected the first of 'values' to be training.learning_rate, {rate}, found {values[0]}"
            )
        return schedule

    @field_validator("weight_decay", "clip", "ema")
    @classmethod
    def _said_once(cls, value: Any, info: ValidationInfo) -> Any:
        taken = {
            "weight_decay": ("weight_decay",),
            "clip": ("clipnorm", "clipvalue", "global_clipnorm"),
            "ema": ("use_ema", "ema_momentum"),
        }
        options = info.data["optimizer"].options if "optimizer" in info.data else {}
        if value and (twice := next((key for key in taken[str(info.field_name)] if key in options), None)):
            raise ValueError(f"is set, and so is the optimizer's option '{twice}': expected one of them")
        return value


class Recipe(Network, Training):
    """One network and its training, complete but for the data and the seed."""

    def block_convs(self) -> tuple[int, ...]:
        """Convolutions of each block.

        Raises:
            ValueError: `convs_per_block` names another number of blocks than `widths`.
        """
        if isinstance(self.convs_per_block, int):
            return (self.convs_per_block,) * len(self.widths)
        if len(self.convs_per_block) != len(self.widths):
            raise ValueError(
                f"convs_per_block: expected one number or {len(self.widths)} (one for each of widths), "
                f"found {len(self.convs_per_block)}"
            )
        return self.convs_per_block

    def total_steps(self, steps_per_epoch: int) -> int:
        """Steps of the whole training; a fraction of a step counts as one."""
        return math.ceil(round(steps_per_epoch * self.epochs, 6))

    def changes_from(self, base: "Recipe") -> dict[str, tuple[Any, Any]]:
        """Fields in which this recipe differs from `base`: name -> (value there, value here)."""
        return dict(_differences(base, self))


def _differences(before: Recipe, after: Recipe) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for field in type(after).model_fields:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield field, (old, new)
