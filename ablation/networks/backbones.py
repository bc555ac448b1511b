"""The published networks that may stand in for a network's body: those of `keras.applications`, without their heads.

Known here without Keras: names, the smallest images, and how each was shown ImageNet.
"""

from dataclasses import dataclass
from typing import Literal

from ablation.errors import UserError, did_you_mean

APPLICATIONS = "keras.applications."
Preprocessing = Literal["caffe", "tf", "torch", "none"]


@dataclass(frozen=True)
class Published:
    """A network of `keras.applications`.

    Attributes:
        preprocessing: of its images, as `ablation.layers.image_net_scaling` names it; `none` where the network itself
            begins with it.
        least: side of the smallest images that Keras builds it for, pixels.
    """

    preprocessing: Preprocessing
    least: int = 32


BACKBONES = {
    **dict.fromkeys(("VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152"), Published("caffe")),
    **dict.fromkeys(("ResNet50V2", "ResNet101V2", "ResNet152V2"), Published("tf")),
    **dict.fromkeys(("MobileNet", "MobileNetV2", "NASNetMobile", "NASNetLarge"), Published("tf")),
    **dict.fromkeys(("InceptionV3", "InceptionResNetV2"), Published("tf", 75)),
    "Xception": Published("tf", 71),
    **dict.fromkeys(("DenseNet121", "DenseNet169", "DenseNet201"), Published("torch")),
    **dict.fromkeys((f"EfficientNetB{size}" for size in range(8)), Published("torch")),
    **dict.fromkeys((f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")), Published("none")),
    **dict.fromkeys(("MobileNetV3Small", "MobileNetV3Large"), Published("none")),
    **dict.fromkeys((f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")), Published("none")),
}  # fmt: skip
FIRST_LAYER = {name: "stem_conv_pad" for name in BACKBONES if name.startswith("EfficientNetB")}
"""Where a network begins whose own preprocessing is taken off: it keeps a part of its state outside its weights."""


def published(name: str) -> Published:
    """A network by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in BACKBONES:
        raise UserError(f"network.backbone.name: unknown '{name}'{did_you_mean(name, BACKBONES)}")
    return BACKBONES[name]
