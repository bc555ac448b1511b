"""The part of a recipe that shapes the network."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ablation.recipe.values import Frozen, Layer, NonNegative, Positive, PositiveInt


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
