"""One setting of every layer of the project, and what each is called on; shared by all tests of layers."""

import numpy as np

SHAPE = (16, 16, 3)
COPIES = 64

# class -> (module, options)
ON_IMAGES = {
    "RandomAffine": ("random_affine", {"translate": 0.1, "rotate": 10.0, "shear": 0.1, "zoom": 0.1}),
    "RandomCropResize": ("random_crop_resize", {"area": (0.5, 1.0)}),
    "RandomGaussianNoise": ("random_gaussian_noise", {"probability": 0.5, "stddev": 0.5}),
    "RandomPadCrop": ("random_pad_crop", {"padding": 3}),
    "RandomPcaColor": ("random_pca_color", {"stddev": 0.5}),
    "Cutout": ("cutout", {"size": 6}),
    "RandAugment": ("rand_augment", {"number": 2, "magnitude": 7.0}),
    "AutoAugment": ("auto_augment", {}),
    "RandomChannelShift": ("random_channel_shift", {"share": 0.3}),
    "RandomPixelFlip": ("random_pixel_flip", {"probability": 0.1}),
    "RandomElastic": ("random_elastic", {"stddev": 1.5, "smoothness": 3.0}),
}
ON_FEATURES = {
    "FractionalMaxPooling2D": ("fractional_max_pooling2d", {"ratio": 1.5}),
    "StochasticDepthAdd": ("stochastic_depth_add", {"rate": 0.4}),
    "DropConnectDense": ("drop_connect_dense", {"units": 8, "rate": 0.5}),
}
ON_BATCHES = {"Mixup": ("mixup", {"alpha": 0.4}), "Cutmix": ("cutmix", {"alpha": 1.0})}
ALL = ON_IMAGES | ON_FEATURES | ON_BATCHES


def spec(name: str, **options):
    """The layer's setting as a recipe would hold it."""
    from ablation.recipe import Layer

    module, own = ALL[name]
    return Layer.of(f"ablation.layers.{module}.{name}", **own, **options)


def new(name: str, /, seed: int = 0, **given):
    """The layer with its setting and a seed."""
    from ablation.networks.build import make

    return make(spec(name), seed, "test", **given)


def images(count: int = 8) -> np.ndarray:
    """Different images of 0-255, smooth enough to be moved."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (count, 4, 4, 3))
    return coarse.repeat(4, axis=1).repeat(4, axis=2).astype("float32")


def call_arguments(name: str, batch: np.ndarray):
    """What the layer is called on, made of images."""
    if name == "StochasticDepthAdd":
        return [batch, 2 * batch]
    if name == "DropConnectDense":
        return batch.reshape(len(batch), -1)
    if name in ON_BATCHES:
        return batch, np.eye(10, dtype="float32")[np.arange(len(batch)) % 10]
    return batch


def first(outputs) -> np.ndarray:
    """A layer's (first) output as an array."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(outputs[0] if isinstance(outputs, (tuple, list)) else outputs))
