"""A folder of a user's own code, as the tests take it: a trick, a layer with weights that it uses, a network."""

from pathlib import Path

TRICK = '''
from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("block_end")
def mixing(recipe: Recipe, gain: Annotated[float, Field(gt=0)] = 1.0) -> Recipe:
    """Mix the channels behind every block.

    Source: of the user's own.
    """
    layer = Layer.of("ablation.layers.mix_channels.MixChannels", gain=gain)
    return recipe.replace(block_end=(*recipe.block_end, layer))
'''
LAYER = '''
import keras
from keras import ops


@keras.saving.register_keras_serializable("own")
class MixChannels(keras.layers.Layer):
    """Every pixel's channels times a matrix."""

    def __init__(self, gain=1.0, **given):
        super().__init__(**given)
        self.gain = gain

    def build(self, input_shape):
        self.matrix = self.add_weight(shape=(input_shape[-1],) * 2, initializer="identity", name="kernel")

    def call(self, inputs):
        return self.gain * ops.matmul(inputs, ops.cast(self.matrix, inputs.dtype))

    def flops(self, input_shape):
        height, width, channels = input_shape
        return 2 * height * width * channels * channels
'''
NETWORK = """
import keras
from keras import layers


def plain(input_shape, classes):
    image = keras.Input(input_shape)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))
"""
PLAIN_PARAMETERS = 4 * (3 * 3 * 3 + 1) + 10 * (4 + 1)
LADDER = [{"step": "baseline"}, {"step": "mixing", "tricks": ["mixing"]}]
WHOLE = [*LADDER, {"step": "plain", "from": "baseline", "network": {"family": "plain"}}]
"""With a step that is a network of the user's own."""


def write(folder: Path, **files: str) -> Path:
    """The folder with a trick and a layer in it, and with other files: `tricks__mine=TEXT` is tricks/mine.py."""
    for name, content in ({"tricks__mixing": TRICK, "layers__mix_channels": LAYER} | files).items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return folder
