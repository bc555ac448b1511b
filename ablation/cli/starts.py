"""The files that `ablation new` writes: each runs as it stands, and says what to change.

`NAME` stands for the file's name, `Class` for that as a class's.
"""

TRICK = '''"""What your trick changes, in one file: `ablation show NAME` prints the docstring of the function."""

from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick


@trick("block_end")  # every field of the recipe that the trick may change (ablation/recipe/ lists them)
def NAME(recipe: Recipe, *, rate: Rate = 0.2) -> Recipe:
    """One line that says what the trick does.

    Then how it does it, and why that should help.

    Source: the paper, with its year.
    When it hurts: where not to use it.

    Parameters:
        rate: what a study may set with `tricks: [NAME: {rate: 0.1}]`; its annotation is its range.
    """
    # A trick changes no recipe: it gives back a new one. Layers are named by import path and made later. One of your
    # own, layers/mine.py, is "ablation.layers.mine.Mine".
    layer = Layer.of("keras.layers.SpatialDropout2D", rate=rate)
    return recipe.replace(block_end=(*recipe.block_end, layer))
'''

LAYER = '''"""A layer that Keras lacks; a recipe or a study names it as `ablation.layers.NAME.Class`."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("own")
class Class(keras.layers.Layer):
    """Noise on activations, in training only.

    Write with `keras.ops` and it runs on TensorFlow, JAX and PyTorch.
    """

    def __init__(self, stddev: float = 0.1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev, self.seed = stddev, seed
        self.generator = keras.random.SeedGenerator(seed)  # the seed comes from the trial: same seed, same noise

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        noise = keras.random.normal(ops.shape(inputs), dtype=inputs.dtype, seed=self.generator)
        return inputs + self.stddev * noise

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}

    # A layer that holds a matrix says what it costs, in floating-point operations an image:
    # def flops(self, input_shape: tuple[int, ...]) -> int: ...
'''

DATASET = '''"""A data set of your own, `--dataset NAME`. This one is drawn; replace `draw`.

Images that lie in a folder, a CSV, npz or Parquet file need no code: `--dataset folder:PATH`.
"""

import numpy as np

from ablation.data.drawn import Drawn


def draw(number: int, seed: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """The images `first` to `first + number - 1`, uint8 (number, height, width, channels), and labels, int32."""
    labels = (np.arange(first, first + number) % 2).astype(np.int32)
    noise = np.random.default_rng([seed, first]).integers(0, 100, (number, 16, 16))
    stripes = np.indices((16, 16))[labels] // 2 % 2 * 100
    return (noise + stripes)[..., None].astype(np.uint8), labels


DATASET = Drawn(
    "NAME",  # as the command line has it
    "Stripes across and down",  # as reports call it
    ("across", "down"),  # the classes, in the order of the labels
    (16, 16, 1),  # height, width, channels
    2000,  # training images
    500,  # test images
    draw,
)
'''

NETWORK = '''"""A network of your own: a plain Keras function. A study takes it with `network: {family: NAME}`."""

import keras
from keras import layers


def NAME(input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """A Sequential or functional model, to logits or to a softmax.

    Its images are augmented and scaled by the recipe already. Weights and dropout follow from the trial's seed.
    """
    image = keras.Input(input_shape)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(image, layers.Dense(classes)(x))
'''

MEASURE = '''"""A measure of your own: it is computed of every trained network, on the test images."""

import numpy as np

from ablation.measures import measure


@measure("Cohen's kappa", low=-1.0, high=1.0)  # its title, its range; higher_is_better=False where less is better
def NAME(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Agreement with the truth beyond what chance gives: 1 is perfect, 0 is chance.

    Args:
        probabilities: float64 (n, classes), rows of sum 1.
        labels: int (n,).
    """
    predicted, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    agreed = (predicted == labels).mean()
    ours, theirs = (np.bincount(one, minlength=classes) / len(labels) for one in (predicted, labels))
    chance = ours @ theirs
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")  # nan: these images do not decide it
'''

OBSERVER = '''"""An observer of your own: it is shown every training at the end of each epoch, and changes no number."""

from pathlib import Path

import numpy as np
from keras import ops

from ablation.observers import Moment


def NAME(moment: Moment, folder: Path) -> None:
    """The length of every layer's weights, epoch by epoch.

    Args:
        moment: `learner.model` is the network as the epoch left it, from images of 0-255 to logits; `splits` has the
            images, `epochs` the rows of `epochs.csv` so far.
        folder: for this trial alone, in the results folder's `observers/`.
    """
    epoch = moment.epochs[-1]["epoch"]
    with (folder / "lengths.csv").open("w" if epoch == 1 else "a", encoding="utf-8") as file:
        if epoch == 1:
            file.write("epoch,weight,length\\n")
        for weight in moment.learner.model.trainable_variables:
            file.write(f"{epoch},{weight.path},{np.linalg.norm(ops.convert_to_numpy(weight)):.6g}\\n")
'''

STUDY = """# What is asked, and of what. `ablation plan NAME.yaml` shows the trials, `ablation run NAME.yaml` trains.
study: NAME
title: What dropout and augmentation buy
question: Does each step beat the one before it?
dataset: auto  # CIFAR-10 where it is at hand, else drawn shapes; see `ablation list datasets`
seeds: 3  # each step is trained this often; steps are compared seed by seed

network:  # of the first step, over the defaults; `family: mine` takes networks/mine.py of --code DIR
  widths: [16, 32]  # filters of each block
training:
  epochs: 10
  batch_size: 64

ladder:  # each step adds to the one above it; see `ablation list tricks`
  - step: baseline
  - step: dropout
    tricks: [dropout: {rate: 0.2}]
  - step: augment
    tricks: [flip, translate]

presets:  # sizes of the same study: `--preset smoke`
  smoke:
    seeds: 1
    training: {epochs: 1}
    data: {train: 256, val: 64, test: 64}
  quick:
    training: {epochs: 5}
    data: {train: 5000, val: 1000, test: 1000}
"""

KINDS = {
    "trick": ("tricks/{}.py", TRICK),
    "layer": ("layers/{}.py", LAYER),
    "dataset": ("data/{}.py", DATASET),
    "network": ("networks/{}.py", NETWORK),
    "measure": ("measures/{}.py", MEASURE),
    "observer": ("observers/{}.py", OBSERVER),
    "study": ("{}.yaml", STUDY),
}
"""Where below the folder of `--in` a file of each kind goes, and what is in it."""


def started(kind: str, name: str) -> tuple[str, str]:
    """Path below the folder, and text, of a file that begins something.

    Args:
        kind: one of `KINDS`.
        name: of what is begun.
    """
    path, text = KINDS[kind]
    of_class = "".join(part.capitalize() for part in name.split("_"))
    return path.format(name), text.replace("NAME", name).replace("Class", of_class)
