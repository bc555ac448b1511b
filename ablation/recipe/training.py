"""The part of a recipe that trains the network."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ablation.recipe.loss import ClassWeight, Loss
from ablation.recipe.phases import Freeze, Pretraining, WarmUp
from ablation.recipe.prediction import Prediction
from ablation.recipe.values import Epochs, Frozen, Layer, NonNegative, Positive, PositiveInt, Rate

PIECEWISE = "keras.optimizers.schedules.PiecewiseConstantDecay"


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
        stop_at_chance: a training that in each of so many epochs hit no more of its training images than guessing would
            ends there, and is judged like any other; none to go on.
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
    stop_at_chance: PositiveInt | None = None
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

    @model_validator(mode="after")
    def _one_kind_of_average(self) -> Self:
        if self.lookahead is not None and (self.ema or self.optimizer.options.get("use_ema")):
            raise ValueError(
                "ema and lookahead each put weights of their own in the end: expected one of them"
            )
        return self
