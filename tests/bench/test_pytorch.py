"""The PyTorch contender trains the networks that we train."""

import numpy as np
import pytest
import tiny

from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Layer
from ablation.study import load, plan

pytest.importorskip("torch", reason="torch is not installed")

import torch

from ablation.bench import pytorch

PROBLEM = blank_problem((16, 16, 3), 10)
RUNGS = [
    step for name in ("fast", "generalization") for step in plan(load(name), preset="smoke", dataset="shapes")
]


@pytest.mark.parametrize("step", RUNGS, ids=lambda step: step.step)
def test_as_many_numbers_as_our_network_and_every_trained_weight_moves(step):
    recipe = step.setting.recipe.replace(precision="float32", batch_size=32)
    nodes = layout(recipe, PROBLEM)
    network = pytorch._Network(nodes, PROBLEM)
    weights = [weight for name, weight in network.named_parameters() if not _is_no_scale(name, recipe)]
    numbers = [*weights, *(one for one in network.buffers() if one.is_floating_point())]
    assert sum(one.numel() for one in numbers) == sum(node.parameters for node in nodes)
    resting = [name for name, weight in network.named_parameters() if not weight.requires_grad]
    whitening = ["layers.patches.weight"] * (recipe.whitening is not None)
    assert [name for name in resting if not _is_no_scale(name, recipe)] == whitening
    trained = []

    def prepare(made):
        trained.extend(made.parameters())
        trained.append([one.detach().clone() for one in made.parameters()])
        return made

    pytorch._loop(recipe, PROBLEM, "cpu", prepare)(recipe.lookahead.every if recipe.lookahead else 2)
    before = trained.pop()
    moved = [not torch.equal(one, other) for one, other in zip(trained, before, strict=True)]
    assert moved == [one.requires_grad for one in trained]


def _is_no_scale(name, recipe):
    """Whether it is the scale, resting at 1, of a normalisation that has none."""
    return name.endswith("_norm.weight") and not recipe.norm.options.get("scale", True)


@pytest.mark.parametrize("edges", ["reflect", "zero"])
def test_a_shifted_image_is_a_window_of_the_padded_one(edges):
    images = np.random.default_rng(0).random((40, 3, 6, 6)).astype("float32")
    wide = np.pad(images, [(0, 0)] * 2 + [(2, 2)] * 2, mode="reflect" if edges == "reflect" else "constant")
    found = set()
    for image, shifted in zip(wide, pytorch._shifted(torch.tensor(images), 2, edges).numpy(), strict=True):
        windows = {
            (row, column): image[:, row : row + 6, column : column + 6]
            for row in range(5)
            for column in range(5)
        }
        (place,) = [place for place, window in windows.items() if np.array_equal(window, shifted)]
        found.add(place)
    assert len(found) > 10


def test_what_is_not_written_out_is_named():
    mixed = tiny.recipe(mix=Layer.of("ablation.layers.mixup.Mixup", alpha=0.2))
    with pytest.raises(NotImplementedError, match=r"^training\.mix is not written out in PyTorch$"):
        pytorch.start(mixed, PROBLEM)
    with pytest.raises(NotImplementedError, match="only Adam and Momentum"):
        pytorch.start(tiny.recipe(optimizer=Layer.of("keras.optimizers.RMSprop")), PROBLEM)
