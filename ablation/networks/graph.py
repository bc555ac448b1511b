"""A network written out as a list of layers with shapes, parameters and FLOPs; pure, needs no Keras."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ablation.networks.count import figures
from ablation.recipe import Layer

Part = Literal["front", "body", "head"]
SCALING = "scaling"
LEAST_MAP = 4


@dataclass(frozen=True)
class Problem:
    """What a network has to know of its data.

    Attributes:
        image_shape: (height, width, channels).
        classes: how many.
        mean, deviation: per channel over the training images, in pixel units 0-255.
    """

    image_shape: tuple[int, int, int]
    classes: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def blank_problem(image_shape: tuple[int, ...], classes: int) -> Problem:
    """A problem for counting: statistics of the images are not needed for shapes, parameters and FLOPs."""
    height, width, channels = image_shape
    return Problem((height, width, channels), classes, (0.0,) * channels, (1.0,) * channels)


@dataclass(frozen=True)
class Node:
    """One layer of a network.

    Attributes:
        name: unique in the network and the same in every recipe that has the layer: weights and random streams are
            keyed by it.
        layer: class and options.
        inputs: names of the nodes it reads; `()` for the image.
        shape: of its output, without the batch.
        parameters: weights, statistics that are not trained included.
        flops: forward floating-point operations an image, two a multiply-add, of convolutions and dense layers.
        part: `front` (scaling and augmentation), `body` (what a frozen or pretrained network keeps) or `head`.
        block: of the body, counted from 1; 0 for what stands before the first block and outside the body.
        float32: whether it computes in float32 whatever the recipe's precision.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    flops: int
    part: Part = "body"
    block: int = 0
    float32: bool = False


@dataclass(frozen=True)
class Graph:
    """The layers of a network, inputs before their readers.

    Attributes:
        front: from the image to where images and labels are mixed; a chain, whose layer `SCALING` scales the pixels.
        body: from there to the last feature map.
        head: from there to the logits, which the last one gives.
    """

    front: tuple[Node, ...]
    body: tuple[Node, ...]
    head: tuple[Node, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.front + self.body + self.head

    @property
    def blocks(self) -> int:
        """How many blocks the body has."""
        return max((node.block for node in self.body), default=0)

    @property
    def last_map(self) -> Node | None:
        """The body's last layer with 4 or more rows and columns that all that follows is computed from alone.

        None where there is none: of a network that never has such a map, or that ends in parallel branches.
        """
        place = {node.name: i for i, node in enumerate(self.nodes)}
        earliest = len(place)
        for i, node in reversed(list(enumerate(self.nodes))):
            has_places = len(node.shape) == 3 and min(node.shape[:2]) >= LEAST_MAP
            if node.part == "body" and has_places and earliest >= i:
                return node
            earliest = min([earliest, *(place[name] for name in node.inputs)])
        return None

    def base(self, blocks: int | None = None) -> frozenset[str]:
        """Names of the body's layers, or of those up to the block of this number."""
        return frozenset(node.name for node in self.body if blocks is None or node.block <= blocks)


class Nothing(ValueError):
    """A layer leaves no pixel of its input."""


class Builder:
    """Collects the nodes of a network, part after part.

    Args:
        problem: its images are what the first node reads.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._nodes: dict[str, Node] = {}
        self._part: Part = "front"
        self._block = 0

    def enter(self, part: Part, block: int = 0) -> None:
        """The nodes that follow belong to this part, and to this block of it."""
        self._part, self._block = part, block

    def shape(self, name: str | None) -> tuple[int, ...]:
        """Of a node's output, or of the images where there is no node."""
        return self.problem.image_shape if name is None else self._nodes[name].shape

    def add(self, name: str, layer: Layer, *inputs: str | None, float32: bool = False) -> str:
        """One layer on the outputs of others, None for the image; gives the name back.

        Raises:
            Nothing: it leaves no pixel.
            ValueError: it does not fit its inputs, or its figures are not to be had.
        """
        shapes = [self.shape(one) for one in inputs]
        size = figures(layer, shapes)
        if min(size.shape, default=1) < 1:
            raise Nothing(f"{name}: {layer.kind} leaves nothing of {_times(shapes[0])}")
        read = tuple(one for one in inputs if one is not None)
        exact = float32 or self._part == "front"
        self._nodes[name] = Node(
            name, layer, read, size.shape, size.parameters, size.flops, self._part, self._block, exact
        )
        return name

    def chain(self, x: str | None, layers: Iterable[Layer], prefix: str) -> str | None:
        """Layers one after the other, named by what they are and not by where they stand.

        So a layer that is added before another leaves its stream alone.
        """
        seen: dict[str, int] = {}
        for layer in layers:
            seen[layer.kind] = count = seen.get(layer.kind, 0) + 1
            x = self.add(f"{prefix}_{layer.kind.lower()}{'' if count == 1 else count}", layer, x)
        return x

    def graph(self) -> Graph:
        """What was collected."""
        nodes = self._nodes.values()
        front, body, head = (
            tuple(node for node in nodes if node.part == part) for part in ("front", "body", "head")
        )
        return Graph(front, body, head)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
