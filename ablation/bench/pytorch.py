"""A native PyTorch loop at its best setting: channels last, bfloat16 autocast, fused Adam, data on the device."""

import contextlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ablation.bench.process import IMAGES, random_images
from ablation.networks.layout import Node, Problem, layout
from ablation.recipe import Loss, Recipe


def start(recipe: Recipe, problem: Problem) -> Callable[[int], None]:
    """A function that trains a recipe's network for a number of steps.

    Raises:
        NotImplementedError: a layer, optimizer or loss that is not written out here.
    """
    if recipe.optimizer.kind != "Adam" or recipe.mix is not None or recipe.l1:
        raise NotImplementedError("only Adam without mixing of labels or L1 is written out in PyTorch")
    if recipe.loss != Loss() or recipe.precision == "mixed_float16":
        raise NotImplementedError("only cross-entropy without a scaled loss is written out in PyTorch")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    nodes = layout(recipe, problem)
    network: Any = _Network(nodes, problem)
    network = network.to(device, memory_format=torch.channels_last)
    if device.type == "cuda":
        network = torch.compile(network, mode="max-autotune")
    kernels = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": kernels, "weight_decay": 2 * recipe.l2}, {"params": others}]
    optimizer = torch.optim.Adam(groups, lr=recipe.learning_rate, eps=1e-7, fused=True)
    images, labels = random_images(problem)
    x = (
        torch.as_tensor(images, device=device)
        .permute(0, 3, 1, 2)
        .contiguous(memory_format=torch.channels_last)
    )
    y = torch.as_tensor(labels, device=device).long()
    half = recipe.precision == "mixed_bfloat16"
    network.train()

    def train(steps: int) -> None:
        for _ in range(steps):
            indices = torch.randint(0, IMAGES, (recipe.batch_size,), device=device)
            with torch.autocast(device.type, torch.bfloat16) if half else contextlib.nullcontext():
                logits = network(x[indices])
            loss = functional.cross_entropy(
                logits.float(), y[indices], label_smoothing=recipe.label_smoothing
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return train


class _Network(nn.Module):
    """The layers of a layout."""

    def __init__(self, nodes: tuple[Node, ...], problem: Problem) -> None:
        super().__init__()
        shapes = {node.name: node.shape for node in nodes}
        self.nodes = nodes
        self.layers = nn.ModuleDict(
            {
                node.name: _module(node, shapes[node.inputs[0]] if node.inputs else problem.image_shape)
                for node in nodes
            }
        )

    def forward(self, image: Any) -> Any:
        outputs: dict[str, Any] = {}
        for node in self.nodes:
            inputs = [outputs[name] for name in node.inputs] or [image]
            outputs[node.name] = self.layers[node.name](*inputs)
        return outputs[self.nodes[-1].name]


class _Function(nn.Module):
    """A function without weights."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def _module(node: Node, shape: tuple[int, ...]) -> nn.Module:
    """A node as a module, for inputs of a shape (channels last, without the batch)."""
    options, kind, channels = node.layer.options, node.layer.kind, shape[-1]
    if kind == "Conv2D":
        filters, size, strides = options["filters"], options["kernel_size"], options["strides"]
        return nn.Conv2d(
            channels, filters, size, strides, padding=size // 2, bias=options.get("use_bias", True)
        )
    if kind == "Dense":
        return nn.Linear(channels, options["units"], bias=options.get("use_bias", True))
    if kind == "BatchNormalization":
        return nn.BatchNorm2d(channels, eps=options["epsilon"], momentum=1 - options["momentum"])
    if kind == "Activation" and options["activation"] == "relu":
        return nn.ReLU(inplace=True)
    if kind == "MaxPooling2D":
        return nn.MaxPool2d(2)
    if kind == "Dropout":
        return nn.Dropout(options["rate"])
    if kind == "Flatten":
        return nn.Flatten()
    makers: dict[str, Callable[..., Any]] = {
        "Rescaling": _scaled,
        "Add": lambda: lambda a, b: a + b,
        "RandomGaussianNoise": _noisy,
        "RandomFlip": lambda **_: lambda x: _cropped(x, (1.0, 1.0), True),
        "RandomCropResize": lambda area, flip=False: lambda x: _cropped(x, area, flip),
        "RandomAffine": lambda rotate: lambda x: _turned(x, rotate),
    }
    if kind not in makers or (kind == "RandomAffine" and set(options) != {"rotate"}):
        raise NotImplementedError(f"{kind} is not written out in PyTorch")
    return _Function(makers[kind](**options))


def _scaled(scale: Any, offset: Any = 0.0) -> Callable[[Any], Any]:
    def per_channel(value: Any) -> Any:
        tensor = torch.as_tensor(value, dtype=torch.float32)
        return tensor[0][None, :, None, None] if tensor.ndim else tensor

    scales, offsets = per_channel(scale), per_channel(offset)
    return lambda x: torch.addcmul(offsets.to(x.device), x.float(), scales.to(x.device))


def _noisy(probability: float, stddev: float) -> Callable[[Any], Any]:
    def noisy(x: Any) -> Any:
        chosen = (torch.rand(len(x), 1, 1, 1, device=x.device) < probability).to(x.dtype)
        return x + stddev * chosen * torch.randn_like(x)

    return noisy


def _cropped(x: Any, area: tuple[float, float], flip: bool) -> Any:
    """A window of each image stretched to full size, mirrored with probability 1/2: one bilinear sampling."""
    count, device = len(x), x.device
    low, high = area
    side = (low + (high - low) * torch.rand(count, device=device)).sqrt()
    mirror = (
        1 - 2 * (torch.rand(count, device=device) < 0.5).float() if flip else torch.ones(count, device=device)
    )
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 1, 1] = side * mirror, side
    theta[:, :, 2] = (1 - side[:, None]) * (2 * torch.rand(count, 2, device=device) - 1)
    return _sampled(x, theta)


def _turned(x: Any, degrees: float) -> Any:
    """Each image turned about its centre by up to so many degrees either way."""
    angle = torch.deg2rad(degrees * (2 * torch.rand(len(x), device=x.device) - 1))
    theta = torch.zeros(len(x), 2, 3, device=x.device)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos()
    theta[:, 0, 1], theta[:, 1, 0] = -angle.sin(), angle.sin()
    return _sampled(x, theta)


def _sampled(x: Any, theta: Any) -> Any:
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
