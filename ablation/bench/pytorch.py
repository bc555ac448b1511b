"""A native PyTorch loop at its best setting: channels last, bfloat16 autocast, fused optimizers, data on the device."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ablation.bench.process import IMAGES, random_images, unwritten
from ablation.networks.layout import Node, Problem, layout
from ablation.recipe import Network, Recipe

WRITTEN = (
    "label_smoothing", "optimizer", "learning_rate", "rates", "gradient_l2", "lookahead", "alternating_flip",
    "batch_size", "precision",
)  # fmt: skip


def start(recipe: Recipe, problem: Problem) -> Callable[[int], None]:
    """A function that trains a recipe's network for a number of steps.

    On a CPU, where `torch.compile` makes some networks slower, whichever of both ways is faster.

    Raises:
        NotImplementedError: a layer, or a part of the training, that is not written out here.
    """
    for field in unwritten(recipe, (*Network.model_fields, *WRITTEN)):
        raise NotImplementedError(f"training.{field} is not written out in PyTorch")
    if recipe.l1 or recipe.precision == "mixed_float16":
        raise NotImplementedError("neither L1 nor a scaled loss is written out in PyTorch")
    if torch.cuda.is_available():
        return _loop(recipe, problem, "cuda", lambda network: torch.compile(network, mode="max-autotune"))
    eager = _loop(recipe, problem, "cpu", lambda network: network)
    compiled = _loop(recipe, problem, "cpu", torch.compile)
    try:
        compiled(2)
    except Exception:  # whatever a machine without a compiler says
        return eager
    eager(2)
    return min((eager, compiled), key=_seconds)


def _seconds(train: Callable[[int], None]) -> float:
    began = time.perf_counter()
    train(3)
    return time.perf_counter() - began


def _loop(
    recipe: Recipe, problem: Problem, kind: str, prepare: Callable[[Any], Any]
) -> Callable[[int], None]:
    device = torch.device(kind)
    network: Any = _Network(layout(recipe, problem), problem).to(device, memory_format=torch.channels_last)
    optimizer = _optimizer(recipe, network)
    weights = [*network.parameters(), *(one for one in network.buffers() if one.is_floating_point())]
    slow = [one.detach().clone() for one in weights] if recipe.lookahead else []
    compute = prepare(network)
    images, labels = random_images(problem)
    x = (
        torch.as_tensor(images, device=device)
        .permute(0, 3, 1, 2)
        .contiguous(memory_format=torch.channels_last)
    )
    y = torch.as_tensor(labels, device=device).long()
    half = recipe.precision == "mixed_bfloat16"
    network.train()
    done = 0

    def chosen(indices: Any) -> Any:
        """Images; with an alternating flip every other one mirrored, and the others the next time."""
        if not recipe.alternating_flip:
            return x[indices]
        mirrored = ((indices + done) % 2 == 0)[:, None, None, None]
        return torch.where(mirrored, x[indices].flip(3), x[indices])

    def train(steps: int) -> None:
        nonlocal done
        for _ in range(steps):
            indices = torch.randint(0, IMAGES, (recipe.batch_size,), device=device)
            with torch.autocast(device.type, torch.bfloat16) if half else contextlib.nullcontext():
                logits = compute(chosen(indices))
            loss = functional.cross_entropy(
                logits.float(), y[indices], label_smoothing=recipe.label_smoothing
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            done += 1
            if recipe.lookahead and done % recipe.lookahead.every == 0:
                with torch.no_grad():
                    torch._foreach_lerp_(slow, weights, 1 - recipe.lookahead.decay**recipe.lookahead.every)
                    torch._foreach_copy_(weights, slow)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return train


def _optimizer(recipe: Recipe, network: nn.Module) -> Any:
    """The recipe's, with its factors on the rate by kind of weight.

    Raises:
        NotImplementedError: another one than Adam or SGD with momentum.
    """
    kinds: dict[str, list[Any]] = {"kernel": [], "bias": [], "gamma": [], "beta": []}
    for module in network.modules():
        names = ("gamma", "beta") if isinstance(module, nn.BatchNorm2d) else ("kernel", "bias")
        for kind, name in zip(names, ("weight", "bias"), strict=True):
            if (weight := getattr(module, name, None)) is not None and weight.requires_grad:
                kinds[kind].append(weight)
    factors = recipe.rates.model_dump()
    groups = [
        {
            "params": weights,
            "lr": recipe.learning_rate * factors[kind],
            "weight_decay": 2 * recipe.l2 * (kind == "kernel") + recipe.gradient_l2 / factors[kind],
        }
        for kind, weights in kinds.items()
        if weights
    ]
    options = dict(recipe.optimizer.options)
    if recipe.optimizer.kind == "Adam" and not options:
        return torch.optim.Adam(groups, eps=1e-7, fused=True)
    if recipe.optimizer.kind == "Momentum":
        return torch.optim.SGD(groups, **{"momentum": 0.9, **options}, fused=True)
    raise NotImplementedError("only Adam and Momentum are written out in PyTorch")


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
    if kind in ("Conv2D", "WhiteningConv2D"):
        size, same = options["kernel_size"], options["padding"] == "same"
        convolution = nn.Conv2d(
            channels,
            options["filters"],
            size,
            options.get("strides", 1),
            padding=size // 2 if same else 0,
            bias=options.get("use_bias", True),
        )
        convolution.weight.requires_grad_(kind == "Conv2D")
        return convolution
    if kind == "Dense":
        return nn.Linear(channels, options["units"], bias=options.get("use_bias", True))
    if kind == "BatchNormalization":
        norm = nn.BatchNorm2d(channels, eps=options["epsilon"], momentum=1 - options["momentum"])
        norm.weight.requires_grad_(options.get("scale", True))
        return norm
    if kind == "Activation" and options["activation"] == "relu":
        return nn.ReLU(inplace=True)
    if kind == "Activation" and options["activation"] == "gelu":
        return nn.GELU()
    if kind == "MaxPooling2D":
        return nn.MaxPool2d(2)
    if kind == "Dropout":
        return nn.Dropout(options["rate"])
    if kind == "Flatten":
        return nn.Flatten()
    makers: dict[str, Callable[..., Any]] = {
        "Rescaling": _scaled,
        "Add": lambda: lambda a, b: a + b,
        "GlobalMaxPooling2D": lambda: lambda x: x.amax((2, 3)),
        "RandomPadCrop": lambda padding, edges="zero": lambda x: _shifted(x, padding, edges),
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


def _shifted(x: Any, padding: int, edges: str) -> Any:
    """Each image shifted by up to so many pixels along each axis: one gather."""
    wide = functional.pad(x, [padding] * 4, mode="reflect" if edges == "reflect" else "constant")
    count, _, height, width = x.shape
    start = torch.randint(0, 2 * padding + 1, (2, count, 1), device=x.device)
    rows = start[0] + torch.arange(height, device=x.device)
    columns = start[1] + torch.arange(width, device=x.device)
    image = torch.arange(count, device=x.device)[:, None, None]
    return wide[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


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
