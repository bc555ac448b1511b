"""A network that a plain Keras function of the user's own makes.

`networks/mine.py` of `--code DIR` holds `mine(input_shape, classes) -> keras.Model`, a Sequential or functional model
to logits or to a softmax. `network.family: mine` takes it, or `function` with `options: {name: mine}`. The tricks in
front of the network and in training apply; those that shape the network itself, or freeze a part of it, are refused.
"""

from collections.abc import Callable

from ablation.networks.count import FUNCTIONS
from ablation.networks.family import Family, NoOptions
from ablation.networks.graph import Builder, Graph, Problem
from ablation.networks.parts import front
from ablation.recipe import Frozen, Layer, Recipe

WHOLE = ("frozen", "warm_up", "pretrained")
"""Fields of the training that tell a network's body from its head."""


class Options(Frozen):
    """Which function it is.

    Attributes:
        name: of the file and of the function in it.
    """

    name: str


def of(name: str) -> Family:
    """The family of the networks that a function makes.

    Args:
        name: of the module in this folder and of the function in it.
    """
    return _family(lambda recipe: name)


def _family(name_of: Callable[[Recipe], str], options: type[Frozen] = NoOptions) -> Family:
    def build(recipe: Recipe, problem: Problem) -> Graph:
        name = name_of(recipe)
        if wrong := next((field for field in WHOLE if getattr(recipe, field) is not None), None):
            raise ValueError(
                f"{wrong}: {name} is one whole, expected no part of it to be frozen or taken over"
            )
        if recipe.predict.noise:
            raise ValueError(f"predict.noise: the layers within {name} are not told apart, expected none")
        net = Builder(problem)
        x = front(net, recipe)
        net.enter("head")
        shape = list(net.shape(x))
        made = Layer.of(f"{FUNCTIONS}{name}.{name}", input_shape=shape, classes=problem.classes)
        x = net.add("function", made, x)
        net.add("logits", Layer.of("keras.layers.Activation", activation="linear"), x, float32=True)
        return net.graph()

    return Family(
        build,
        channels=lambda recipe: (),
        with_channels=lambda recipe, channels: recipe,
        reads=("scaling", "pixel_augment", "augment"),
        options=options,
    )


FAMILY = _family(lambda recipe: Options.model_validate(recipe.options).name, options=Options)
