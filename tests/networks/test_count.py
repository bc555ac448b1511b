"""Shapes, parameters and FLOPs of every layer that a study may name, against the layers themselves."""

import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tiny

from ablation.errors import UserError
from ablation.networks.count import figures
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Layer
from ablation.study import load, nodes, plan
from ablation.study.bounds import LAYER_PATH

keras = pytest.importorskip("keras")

from ablation.networks.make import make  # noqa: E402

IMAGE, COLOUR, VECTOR, SEQUENCE = (9, 8, 6), (9, 8, 3), (12,), (7, 6)
CONV = {"filters": 4, "kernel_size": 3}
# What a class cannot be made without, and settings of it that its figures depend on.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "Activation": [{"activation": "relu"}],
    "AdaptiveAveragePooling2D": [{"output_size": 2}, {"output_size": [3, 2]}],
    "AdaptiveMaxPooling2D": [{"output_size": 2}],
    "AlphaDropout": [{"rate": 0.5}],
    "AveragePooling2D": [{"pool_size": 2}, {"pool_size": [3, 2], "strides": 1, "padding": "same"}],
    "BatchNormalization": [{}, {"scale": False}, {"center": False, "scale": False}, {"axis": 1}],
    "CenterCrop": [{"height": 4, "width": 3}],
    "Concatenate": [{}, {"axis": 1}],
    "Conv2D": [
        CONV, CONV | {"padding": "same", "strides": 2}, CONV | {"strides": [2, 1], "kernel_size": [1, 3]},
        CONV | {"dilation_rate": 2}, CONV | {"dilation_rate": 2, "padding": "same"},
        CONV | {"groups": 2, "use_bias": False}, CONV | {"padding": "valid", "strides": 3},
        CONV | {"activation": "relu", "kernel_regularizer": "l2"},
    ],
    "Conv2DTranspose": [
        CONV, CONV | {"strides": 2}, CONV | {"strides": 2, "padding": "same"}, CONV | {"strides": [1, 3]},
        CONV | {"strides": 2, "output_padding": 1}, CONV | {"padding": "same", "use_bias": False},
        CONV | {"dilation_rate": 2}, CONV | {"strides": 2, "padding": "same", "output_padding": [1, 0]},
    ],
    "Cropping2D": [{"cropping": 1}, {"cropping": [1, 2]}, {"cropping": [[1, 0], [0, 2]]}],
    "Dense": [{"units": 5}, {"units": 5, "use_bias": False}],
    "DepthwiseConv2D": [
        {"kernel_size": 3}, {"kernel_size": 3, "depth_multiplier": 2, "padding": "same", "strides": 2},
        {"kernel_size": [3, 2], "use_bias": False},
    ],
    "Dropout": [{"rate": 0.5}, {"rate": 0.5, "noise_shape": [None, 1, 1, 6]}],
    "GaussianDropout": [{"rate": 0.5}],
    "GaussianNoise": [{"stddev": 0.5}],
    "GlobalAveragePooling2D": [{}, {"keepdims": True}],
    "GlobalMaxPooling2D": [{}, {"keepdims": True}],
    "GroupNormalization": [{"groups": 3}, {"groups": -1, "scale": False}, {"groups": 2, "center": False}],
    "LayerNormalization": [{}, {"axis": [1, 2, 3]}, {"scale": False}, {"center": False, "scale": False}],
    "MaxPooling2D": [
        {}, {"pool_size": [2, 2]}, {"pool_size": 3, "strides": 2, "padding": "same"}, {"pool_size": 3, "strides": 2},
        {"pool_size": 2, "strides": 1, "padding": "same"}, {"pool_size": [1, 4]},
    ],
    "Permute": [{"dims": [3, 1, 2]}],
    "PReLU": [{}, {"shared_axes": [1, 2]}, {"shared_axes": [3]}],
    "RandomBrightness": [{"factor": 0.1}],
    "RandomColorDegeneration": [{"factor": 0.1}],
    "RandomContrast": [{"factor": 0.1}],
    "RandomCrop": [{"height": 4, "width": 3}],
    "RandomHue": [{"factor": 0.1}],
    "RandomPosterization": [{"factor": 4}],
    "RandomRotation": [{"factor": 0.1}],
    "RandomSaturation": [{"factor": 0.1}],
    "RandomSharpness": [{"factor": 0.1}],
    "RandomTranslation": [{"height_factor": 0.1, "width_factor": 0.1}],
    "RandomZoom": [{"height_factor": 0.1}],
    "RepeatVector": [{"n": 3}],
    "Rescaling": [{"scale": 0.5}],
    "Reshape": [{"target_shape": [-1, 6]}, {"target_shape": [6, 9, 8]}, {"target_shape": [-1]}],
    "Resizing": [{"height": 5, "width": 7}, {"height": 5, "width": 7, "crop_to_aspect_ratio": True}],
    "RMSNormalization": [{}],
    "SeparableConv2D": [
        CONV, CONV | {"strides": 2, "padding": "same", "depth_multiplier": 2}, CONV | {"use_bias": False},
        CONV | {"dilation_rate": 2},
    ],
    "SpatialDropout2D": [{"rate": 0.5}],
    "UpSampling2D": [{}, {"size": [1, 3], "interpolation": "bilinear"}],
    "ZeroPadding2D": [{}, {"padding": [1, 2]}, {"padding": [[1, 0], [0, 2]]}],
}  # fmt: skip
VECTORS = {"RepeatVector": VECTOR}
MERGES = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
REFUSED = {
    "AdditiveAttention", "Attention", "Dot", "GroupQueryAttention", "MelSpectrogram", "MultiHeadAttention",
    "STFTSpectrogram",
}  # fmt: skip


def classes() -> dict[str, type]:
    """Every class of `keras.layers` that a study may name, once for all its names."""
    found = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    layers = {
        name: cls
        for name, cls in found.items()
        if LAYER_PATH.fullmatch(f"keras.layers.{name}")
        and inspect.isclass(cls)
        and issubclass(cls, keras.Layer)
    }
    return {cls.__name__: cls for cls in layers.values() if hasattr(keras.layers, cls.__name__)}


def flops_of_graph(call: Any, *shapes: tuple[int, ...]) -> int:
    """Two a multiply-add of each convolution and matrix product that TensorFlow runs for one image."""
    import tensorflow as tf

    graph = tf.function(call).get_concrete_function(*(tf.TensorSpec((1, *shape)) for shape in shapes)).graph
    return flops_of(graph, graph)


def flops_of(graph: Any, outer: Any) -> int:
    total = 0
    for one in graph.get_operations():
        if one.type in ("Conv2D", "DepthwiseConv2dNative"):
            rows, columns, channels, filters = one.inputs[1].shape
            places = np.prod(one.outputs[0].shape[1:3])
            weights = rows * columns * channels * filters
            total += 2 * int(weights * places)
        elif one.type == "Conv2DBackpropInput":
            total += 2 * int(np.prod(one.inputs[1].shape) * np.prod(one.inputs[2].shape[1:3]))
        elif one.type in ("MatMul", "BatchMatMulV2"):
            total += 2 * int(np.prod(one.outputs[0].shape) * one.inputs[0].shape[-1])
        elif one.type in ("PartitionedCall", "StatefulPartitionedCall"):
            total += flops_of(outer._get_function(one.get_attr("f").name).graph, outer)
        elif one.type in ("Einsum", "XlaConvV2", "Conv2DBackpropFilter", "Conv3D", "Conv"):
            raise AssertionError(f"{one.type} is not counted here")
    return total


def told(layer: Layer, *shapes: tuple[int, ...]) -> tuple[tuple[int, ...], int, int]:
    """Shape, parameters and FLOPs of a layer as Keras makes it and TensorFlow runs it at inference."""
    inputs = [keras.Input(shape) for shape in shapes]
    made = make(layer, 0, "test")
    shape = tuple(made(inputs if len(inputs) > 1 else inputs[0]).shape[1:])
    at_inference = {"training": False} if "training" in inspect.signature(made.call).parameters else {}

    def call(*x: Any) -> Any:
        return made(list(x) if len(x) > 1 else x[0], **at_inference)

    flops = flops_of_graph(call, *shapes)
    if (
        layer.options.get("dilation_rate", 1) != 1
    ):  # TensorFlow computes it on rearranged images, some more of them
        places = np.prod(shapes[0][:2] if "Transpose" in layer.kind else shape[:2])
        flops = sum(
            2 * int(np.prod(weight.shape) * places) for weight in made.weights if len(weight.shape) == 4
        )
    return shape, made.count_params(), flops


def check(layer: Layer, *shapes: tuple[int, ...]) -> None:
    """A layer's figures are Keras' own and those of the graph that TensorFlow runs."""
    planned = figures(layer, shapes)
    assert (planned.shape, planned.parameters, planned.flops) == told(layer, *shapes), layer


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_known_layers_count_as_keras_does(name):
    if name in MERGES:
        shapes: tuple[Any, ...] = (IMAGE, IMAGE)
    else:
        shapes = (VECTORS.get(name, COLOUR if name.startswith("Random") else IMAGE),)
    for options in SETTINGS[name]:
        check(Layer.of(f"keras.layers.{name}", **options), *shapes)


@pytest.mark.parametrize(
    "name", ["Dense", "BatchNormalization", "LayerNormalization", "PReLU", "RMSNormalization"]
)
def test_layers_of_vectors_count_too(name):
    check(Layer.of(f"keras.layers.{name}", **({"units": 5} if name == "Dense" else {})), VECTOR)


@pytest.mark.parametrize("name", sorted(MERGES - {"Concatenate"}))
def test_merges_spread_what_is_smaller(name):
    check(Layer.of(f"keras.layers.{name}"), IMAGE, (1, 1, 6))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(classes()))
def test_every_layer_of_keras_is_counted_truly_or_refused_in_one_line(name):
    """Whatever takes an image or a vector; a class that cannot be made of a study's plain values is refused."""
    layer = Layer.of(f"keras.layers.{name}", **SETTINGS.get(name, [{}])[0])
    counted = 0
    for shapes in ((IMAGE,), (COLOUR,), (VECTOR,), (IMAGE, IMAGE), (VECTOR, VECTOR)):
        try:
            planned = figures(layer, shapes)
        except ValueError as error:
            assert "\n" not in str(error) and name in str(error)
            continue
        try:
            found = told(layer, *shapes)
        except AssertionError:
            raise
        except Exception:
            continue  # what the class itself refuses is told where the network is built
        assert name not in REFUSED
        assert (planned.shape, planned.parameters, planned.flops) == found, shapes
        counted += 1
    assert counted or name not in SETTINGS


@pytest.mark.parametrize("name", ["keras.layers.EinsumDense", "keras.layers.Attention", "keras.layers.LSTM"])
def test_layers_whose_flops_are_not_known_are_refused(name):
    options = {"EinsumDense": {"equation": "abcd,de->abce", "output_shape": [9, 8, 4]}, "LSTM": {"units": 3}}
    layer = Layer.of(name, **options.get(name.rpartition(".")[2], {}))
    shapes = (
        ((7, 6), (7, 6)) if name.endswith("Attention") else (SEQUENCE if name.endswith("LSTM") else IMAGE,)
    )
    with pytest.raises(ValueError, match=rf"^{name}: its FLOPs are not known"):
        figures(layer, shapes)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("Conv2D", {"filters": 4}, "Conv2D on 9x8x6: kernel_size: expected a value"),
        ("Conv2D", CONV | {"groups": 4}, "Conv2D on 9x8x6: groups: expected a divisor of 6 channels and 4 filters"),
        ("Conv2D", CONV | {"padding": "full"}, "Conv2D on 9x8x6: padding: expected valid or same, found 'full'"),
        ("Conv2D", CONV | {"strides": 2, "dilation_rate": 2}, "expected strides or dilation_rate above 1, found both"),
        ("Conv2D", CONV | {"data_format": "channels_first"}, "Conv2D.data_format: expected channels_last"),
        ("Conv2D", CONV | {"stride": 2}, "keras.layers.Conv2D: cannot be used on .*stride"),
        ("MaxPooling2D", {"pool_size": [2, 2, 2]}, "size: expected one or two whole numbers from 1, found"),
        ("MaxPooling2D", {"pool_size": 2.5}, "size: expected one or two whole numbers from 1, found 2.5"),
        ("GroupNormalization", {"groups": 4}, "groups: expected a divisor of 6 channels, found 4"),
        ("Nonesuch", {}, "keras.layers.Nonesuch: cannot be used on .*Nonesuch"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused_with_the_reason(name, options, text):
    with pytest.raises(ValueError, match=text):
        figures(Layer.of(f"keras.layers.{name}", **options), [IMAGE])


def sizes(study_file: Any, side: int = 16, **network: Any) -> dict[str, Any]:
    """The planned nodes of a one-step study, by name; each is what the built model's layer is."""
    from ablation.networks.build import build

    file = study_file(
        network={"widths": [8], "convs_per_block": 1, "head": []} | network, ladder=[{"step": "base"}]
    )
    (step,) = plan(load(str(file)), preset="full", dataset="shapes")
    planned = {node.name: node for node in nodes(step, (side, side, 3), 10)}
    model = build(step.setting.recipe, blank_problem((side, side, 3), 10), 0)
    assert model.count_params() == sum(node.parameters for node in planned.values())
    for name, node in planned.items():
        assert tuple(model.get_layer(name).output.shape[1:]) == node.shape, name
    assert sum(node.flops for node in planned.values()) == flops_of_graph(model, (side, side, 3))
    return planned


def test_a_norm_without_scale_has_three_figures_a_channel_and_rms_one(study_file):
    norm = {"path": "keras.layers.BatchNormalization", "options": {"scale": False}}
    assert sizes(study_file, norm=norm)["block1_conv1_norm"].parameters == 3 * 8
    norm = {"path": "keras.layers.RMSNormalization"}
    assert sizes(study_file, norm=norm)["block1_conv1_norm"].parameters == 8


def test_a_convolution_may_be_unpadded_and_what_other_fields_say_it_may_not_repeat(study_file):
    unpadded = {"path": "keras.layers.Conv2D", "options": {"padding": "valid"}}
    found = sizes(study_file, conv=unpadded)
    assert found["block1_conv1"].shape == (14, 14, 8) and found["block1_pool"].shape == (7, 7, 8)
    assert found["block1_conv1"].flops == 2 * 9 * 3 * 8 * 14 * 14
    with pytest.raises(UserError, match=r"step 'base': block1_conv1: Conv2D leaves nothing of 2x2x3"):
        sizes(study_file, side=2, conv=unpadded)
    with pytest.raises(UserError, match=r"conv\.options\.filters: expected no such option"):
        sizes(study_file, conv={"path": "keras.layers.Conv2D", "options": {"filters": 9}})
    with pytest.raises(UserError, match=r"step 'base': keras\.layers\.DepthwiseConv2D: cannot be used on"):
        sizes(study_file, conv={"path": "keras.layers.DepthwiseConv2D"})


def test_grouped_convolutions_have_a_groupth_of_the_weights(study_file):
    conv = {"path": "keras.layers.Conv2D", "options": {"groups": 3}}
    found = sizes(study_file, widths=[12, 24], conv=conv)
    assert found["block1_conv1"].parameters == 9 * 1 * 12 + 12
    assert found["block2_conv1"].parameters == 9 * 4 * 24 + 24
    assert found["block2_conv1"].flops == 2 * 9 * 4 * 24 * 8 * 8


def test_separable_convolutions_have_two_kernels_with_the_recipes_initial_weights(study_file):
    found = sizes(study_file, widths=[12, 24], conv={"path": "keras.layers.SeparableConv2D"}, l2=0.1)
    assert found["block2_conv1"].parameters == 9 * 12 + 12 * 24 + 24
    assert found["block2_conv1"].flops == 2 * 8 * 8 * (9 * 12 + 12 * 24)
    options = found["block2_conv1"].layer.options
    assert {"depthwise_initializer", "pointwise_initializer", "pointwise_regularizer"} <= options.keys()


def test_pooling_may_overlap_or_not_shrink_and_take_a_list(study_file):
    def after(**options: Any) -> tuple[int, ...]:
        pool = {"path": "keras.layers.MaxPooling2D", "options": options}
        return sizes(study_file, side=17, pool=pool)["block1_pool"].shape

    assert after(pool_size=3, strides=2, padding="same") == (9, 9, 8)
    assert after(pool_size=3, strides=2) == (8, 8, 8)
    assert after(pool_size=2, strides=1, padding="same") == (17, 17, 8)
    assert after(pool_size=[2, 2]) == (8, 8, 8)


def test_resized_images_are_paid_for(study_file):
    resizing = {"path": "keras.layers.Resizing", "options": {"height": 64, "width": 64}}
    plain, larger = sizes(study_file), sizes(study_file, augment=[resizing])
    assert larger["block1_conv1"].flops == 16 * plain["block1_conv1"].flops
    assert larger["flatten"].shape == (32 * 32 * 8,)
    first = sizes(study_file, pixel_augment=[resizing])
    assert first["scaling"].shape == (64, 64, 3)


def test_shortcuts_may_be_concatenated(study_file):
    found = sizes(study_file, widths=[4, 4], shortcut="conv", merge={"path": "keras.layers.Concatenate"})
    assert [found[f"block{block}_merge"].shape for block in (1, 2)] == [(8, 8, 8), (4, 4, 8)]
    assert found["block2_conv1"].parameters == 9 * 8 * 4 + 4


def test_an_activation_with_weights_is_counted(study_file):
    end = [{"path": "keras.layers.PReLU", "options": {"shared_axes": [1, 2]}}, {"path": "keras.layers.PReLU"}]
    found = sizes(study_file, block_end=end)
    assert [found[name].parameters for name in ("block1_prelu", "block1_prelu2")] == [8, 8 * 8 * 8]


def test_known_layers_are_counted_without_keras(tmp_path):
    code = (
        "import sys; from ablation import study\n"
        "for name in ('generalization', 'resnet'):\n"
        "    for step in study.plan(study.load(name), preset='quick', dataset='shapes'):\n"
        "        study.nodes(step, (32, 32, 3), 10)\n"
        "assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=tiny.environment(), check=True)


def test_the_plan_of_a_network_takes_no_time_worth_speaking_of():
    import time

    from ablation.recipe import Recipe

    started = time.process_time()
    for width in range(1, 51):
        layout(Recipe(widths=(width,) * 4), blank_problem((32, 32, 3), 10))
    assert time.process_time() - started < 1
