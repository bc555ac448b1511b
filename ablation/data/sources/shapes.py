"""`shapes`: ten outlines drawn by the project itself, so that a study runs with no data set and no network.

An image is 32 x 32 RGB: a gradient and a texture, clutter, one shape (any place, size, stretch and colour,
and some tilt), a stroke across it, and noise. Neither colour nor size tells the class. A horizontal flip
keeps it, and turns an image into another that might have been drawn; so does a small shift.

An image depends on (seed, index) alone: the first hundred of a thousand are the hundred. The pixels come from
operations that IEEE 754 rounds in one way only, so that machines agree on the bytes.
"""

from dataclasses import dataclass

import numpy as np

from ablation.data.drawn import Drawn, from_blocks

CLASSES = ("disc", "ring", "square", "frame", "triangle", "star", "cross", "crescent", "heart", "hourglass")
SIZE = 32

BLOCK = 200
BLOBS, LINES = 2, 1
TILT = 0.4

_Y, _X = (np.mgrid[:SIZE, :SIZE].astype(np.float32) - np.float32((SIZE - 1) / 2))[:, None]


def draw(number: int, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images `first` to `first + number - 1` of the endless row that belongs to `seed`.

    Args:
        number: how many, 0 or more.
        seed: 0 or more.
        first: index of the first one, 0 or more.

    Returns:
        Images, uint8, shape (number, 32, 32, 3), and labels, int32, shape (number,), in 0-9. Ten images
        that start at a multiple of ten hold each class once.

    Raises:
        UserError: a negative argument.
    """
    return from_blocks("shapes", _draw_block, BLOCK, (SIZE, SIZE, 3), number=number, seed=seed, first=first)


def _draw_block(random: np.random.Generator, wanted: slice) -> tuple[np.ndarray, np.ndarray]:
    tens = np.tile(np.arange(len(CLASSES), dtype=np.int32), (BLOCK // len(CLASSES), 1))
    labels = random.permuted(tens, axis=1).ravel()[wanted]
    chance = _Chance(random, wanted)
    canvas, paper = _background(chance)
    for _ in range(BLOBS):
        _paint(canvas, _blob(chance, *chance.anywhere()), _ink(chance, paper))
    for _ in range(LINES):
        _paint(canvas, _line(chance, *chance.anywhere()), _ink(chance, paper))

    size = chance.between(8.5, 12.5)
    x, y = (chance.between(-1, 1) * (14 - 0.9 * size) for _ in range(2))
    u, v = _turned(x, y, *chance.direction(TILT))
    stretch = chance.between(0.8, 1.25)
    u, v = u / (size * stretch), v * stretch / size
    mask = np.empty_like(u)
    for label, outside in enumerate(OUTLINES):
        chosen = labels == label
        mask[chosen] = outside(u[chosen], v[chosen]) * size[chosen]
    _paint(canvas, _cover(mask), _ink(chance, paper))

    cos, sin = chance.direction()
    away = chance.between(0.5, 1.1) * size
    _paint(canvas, _line(chance, x + away * cos, y + away * sin), _ink(chance, paper))

    noise = chance.uniform(3, SIZE, SIZE, dtype=np.float32) - 0.5
    canvas += noise * chance.between(5, 35)[:, None]
    return np.clip(canvas, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1), labels


@dataclass(frozen=True)
class _Chance:
    """Random numbers of `wanted` images of a block, n in all: drawn for the whole block, so that each keeps its own."""

    random: np.random.Generator
    wanted: slice

    def uniform(self, *shape: int, dtype: type = np.float64) -> np.ndarray:
        """Between 0 and 1, shape (n, *shape)."""
        return self.random.random((BLOCK, *shape), dtype)[self.wanted]

    def between(self, low: float, high: float) -> np.ndarray:
        return (low + (high - low) * self.uniform(1, 1)).astype(np.float32)

    def anywhere(self) -> tuple[np.ndarray, np.ndarray]:
        return self.between(-16, 16), self.between(-16, 16)

    def direction(self, most: float = np.pi) -> tuple[np.ndarray, np.ndarray]:
        """Cosine and sine of an angle between -most and most."""
        angle = most * (2 * self.random.random((BLOCK, 1, 1)) - 1)
        # of all images: the last few of a row may be rounded otherwise, so of fewer images others would be
        cos, sin = np.cos(angle), np.sin(angle)
        return cos.astype(np.float32)[self.wanted], sin.astype(np.float32)[self.wanted]


def _turned(x: np.ndarray, y: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels from (x, y) on turned axes, in pixels, shape (n, 32, 32) each."""
    across, down = _X - x, _Y - y
    return across * cos + down * sin, down * cos - across * sin


def _background(chance: _Chance) -> tuple[np.ndarray, np.ndarray]:
    """The canvas, shape (n, 3, 32, 32), 0-255, and its mean colour, shape (n, 3)."""
    paper = 60 + 135 * chance.uniform(1) + 60 * (chance.uniform(3) - 0.5)
    paper = paper.astype(np.float32)
    slope, grain = ((chance.random.random((2, BLOCK, 3))[:, chance.wanted] - 0.5) * 50).astype(np.float32)
    u, v = _turned(*chance.anywhere(), *chance.direction())
    period = chance.between(3, 10)
    stripes, rungs = _wave(u / period), _wave(v / period)
    kind = chance.random.integers(0, 3, (BLOCK, 1, 1))[chance.wanted]
    texture = np.where(kind == 0, stripes, np.where(kind == 1, stripes * rungs, _clouds(chance)))
    canvas = paper[..., None, None] + slope[..., None, None] * (u / SIZE)[:, None]
    canvas += grain[..., None, None] * texture[:, None]
    return canvas, paper


def _wave(t: np.ndarray) -> np.ndarray:
    """A triangle wave of period 1 between -1 and 1."""
    return 4 * np.abs(t - np.floor(t) - 0.5) - 1


def _clouds(chance: _Chance) -> np.ndarray:
    """A random 9 x 9 grid between -1 and 1, drawn out linearly to 32 x 32."""
    grid = 2 * chance.uniform(9, 9, dtype=np.float32) - 1
    place = np.linspace(0, 7.99, SIZE, dtype=np.float32)
    low = place.astype(int)
    part = place - low
    rows = grid[:, low] * (1 - part)[:, None] + grid[:, low + 1] * part[:, None]
    return rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part


def _ink(chance: _Chance, paper: np.ndarray) -> np.ndarray:
    """Colours that differ from the paper by 70-150 in one channel, less in the others; shape (n, 3)."""
    step = chance.random.choice((-1, 1), (BLOCK, 1))[chance.wanted] + 2 * chance.uniform(3) - 1
    step *= (70 + 80 * chance.uniform(1)) / np.abs(step).max(axis=1, keepdims=True)
    ink = paper + step
    return np.where((ink < 0) | (ink > 255), paper - step, ink).astype(np.float32)


def _paint(canvas: np.ndarray, cover: np.ndarray, ink: np.ndarray) -> None:
    canvas += (ink[..., None, None] - canvas) * cover[:, None]


def _cover(outside: np.ndarray) -> np.ndarray:
    """How much of a pixel is covered, 0-1, by how many pixels its centre lies outside of the outline."""
    return np.clip(0.5 - outside, 0, 1)


def _blob(chance: _Chance, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    u, v = _turned(x, y, *chance.direction())
    radius, stretch = chance.between(1, 3.5), chance.between(0.6, 1.6)
    return _cover(_length(u * stretch, v / stretch) - radius)


def _line(chance: _Chance, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    u, v = _turned(x, y, *chance.direction())
    return _cover(_box(u, v, chance.between(3, 10), chance.between(0.4, 1.1)))


def _length(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.sqrt(u * u + v * v)


def _box(u: np.ndarray, v: np.ndarray, wide: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    return np.maximum(np.abs(u) - wide, np.abs(v) - high)


def _spokes(u: np.ndarray, v: np.ndarray, number: int) -> np.ndarray:
    """Distance from the centre along each of `number` evenly spread directions, on a new first axis."""
    angles = 2 * np.pi / number * np.arange(number)
    return np.stack([u * np.float32(np.sin(a)) - v * np.float32(np.cos(a)) for a in angles])


# The outlines: u runs to the right and v down, both about 1 at the rim; the result is negative inside and
# positive outside, and as steep there as a distance.


def _disc(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _length(u, v) - 0.85


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(_length(u, v) - 0.7) - 0.2


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _box(u, v, 0.75, 0.75)


def _frame(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(_box(u, v, 0.62, 0.62)) - 0.18


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _spokes(u, v, 3).max(axis=0) - 0.52


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A pentagram: inside of at least four of the five lines."""
    return np.partition(_spokes(u, v, 5), 3, axis=0)[3] - 0.33


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.minimum(_box(u, v, 0.95, 0.3), _box(u, v, 0.3, 0.95))


def _crescent(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(_length(u, v) - 0.95, 0.75 - _length(u, v + 0.45))


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A square on its tip, and a disc on each of its two upper sides."""
    tip = (np.abs(u) + np.abs(v)) * np.float32(0.70710678) - 0.5
    lobes = _length(np.abs(u) - 0.354, v + 0.354) - 0.5
    return np.minimum(tip, lobes)


def _hourglass(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(v) - 0.85, np.abs(u) * 0.8 - np.abs(v) * 0.6 - 0.06)


OUTLINES = (_disc, _ring, _square, _frame, _triangle, _star, _cross, _crescent, _heart, _hourglass)

DATASET = Drawn(
    name="shapes",
    title="Shapes, drawn by the project itself",
    classes=CLASSES,
    shape=(SIZE, SIZE, 3),
    train=45_000,
    test=10_000,
    draw=draw,
)
