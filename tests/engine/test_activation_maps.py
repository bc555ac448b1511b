"""Where a network looks: Grad-CAM against class activation maps worked out by hand."""

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.recipe import Layer

keras = pytest.importorskip("keras")

from ablation.engine.gradients import activation_maps  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.networks.layout import blank_problem, graph  # noqa: E402
from ablation.train.engines import problem_of  # noqa: E402

CLASSES = np.arange(6)


def test_behind_an_average_the_maps_are_the_classes_own_weights_on_the_channels(splits):
    """There Grad-CAM is CAM (Zhou et al. 2016): the last layer's weights, summed over channels."""
    average = Layer.of("keras.layers.GlobalAveragePooling2D")
    recipe = tiny.recipe(head=(), flatten=average)
    problem = problem_of(splits)
    learner = new_learner(recipe, problem, 4, seed=0)
    before, images = learner.state(), splits.x_test[:6]
    maps = activation_maps(learner, graph(recipe, problem), images, CLASSES)
    last = keras.Model(learner.model.input, learner.model.get_layer("block1_pool").output)
    features = keras.ops.convert_to_numpy(last(images.astype("float32"), training=False))
    kernel = learner.model.get_layer("logits").get_weights()[0]
    own = np.maximum(np.einsum("nhwc,cn->nhw", features, kernel[:, CLASSES]), 0)
    coarse = own.reshape(6, 8, 2, 8, 2).mean(axis=(2, 4))
    strongest = coarse.max(axis=(1, 2), keepdims=True)
    expected = 255 * coarse / np.where(strongest > 0, strongest, 1)
    assert maps.shape == (6, 8, 8) and maps.dtype == np.uint8
    assert maps.max() == 255
    assert np.abs(maps - expected).max() <= 1
    assert all(np.array_equal(a, b) for a, b in zip(before, learner.state(), strict=True))


def test_every_network_with_a_map_that_all_passes_through_has_maps():
    problem = blank_problem((32, 32, 3), 10)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    residual = tricks.apply("residual", tiny.recipe(widths=(4, 4)), {})
    for recipe in (tiny.recipe(family="resnet"), tiny.recipe(family="fast"), residual):
        written = graph(recipe, problem)
        shape = written.last_map.shape
        maps = activation_maps(new_learner(recipe, problem, 4, 0), written, images, CLASSES[:2])
        assert maps.shape == (2, *(min(side, 8) for side in shape[:2]))
    names = [node.name for node in graph(residual, problem).body]
    assert graph(residual, problem).last_map.name == names[-1]


def test_a_network_without_such_a_map_has_none():
    problem = blank_problem((4, 4, 3), 10)
    written = graph(tiny.recipe(widths=(4,)), problem)
    assert written.last_map.name == "block1_conv1_activation"  # behind it are 2 x 2 places
    small = blank_problem((3, 3, 3), 10)
    written = graph(tiny.recipe(widths=(4,)), small)
    assert written.last_map is None
    learner = new_learner(tiny.recipe(widths=(4,)), small, 4, 0)
    assert activation_maps(learner, written, np.zeros((1, 3, 3, 3), np.uint8), CLASSES[:1]) is None
