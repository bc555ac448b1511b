"""`blobs`: a disc of one of four colours on grey noise, so easy that the tiny networks of preset smoke learn it.

A run on it that stays at chance has a fault; nothing else can be learned from its accuracies. An image is 32 x 32 RGB;
its class is its disc's colour, which neither a flip nor a shift changes. It depends on (seed, index) alone.
"""

import numpy as np

from ablation.data.drawn import Drawn, from_blocks

COLOURS = {"red": (215, 60, 60), "green": (60, 190, 80), "blue": (60, 90, 215), "yellow": (215, 200, 60)}
SIZE = 32
BLOCK = 200
NOISE, DARKEST, LIGHTEST = 24, 90, 160
SMALLEST, LARGEST = 7.0, 11.0


def draw(number: int, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images `first` to `first + number - 1` of the endless row that belongs to `seed`.

    Args:
        number: how many, 0 or more.
        seed: 0 or more.
        first: index of the first one, 0 or more.

    Returns:
        Images, uint8, shape (number, 32, 32, 3), and labels, int32, shape (number,), in 0-3. Four images
        that start at a multiple of four hold each class once.

    Raises:
        UserError: a negative argument.
    """
    return from_blocks("blobs", _draw_block, BLOCK, (SIZE, SIZE, 3), number=number, seed=seed, first=first)


def _draw_block(random: np.random.Generator, wanted: slice) -> tuple[np.ndarray, np.ndarray]:
    kinds = np.tile(np.arange(len(COLOURS), dtype=np.int32), (BLOCK // len(COLOURS), 1))
    labels = random.permuted(kinds, axis=1).ravel()[wanted]
    paper = random.integers(DARKEST, LIGHTEST, (BLOCK, 1, 1, 1))[wanted]
    radius = random.uniform(SMALLEST, LARGEST, (BLOCK, 1, 1))[wanted]
    x, y = random.uniform(-1, 1, (2, BLOCK, 1, 1))[:, wanted] * (SIZE / 2 - radius)
    down, across = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    inside = ((across - x) ** 2 + (down - y) ** 2 <= radius**2)[..., None]
    colour = np.array(list(COLOURS.values()))[labels][:, None, None]
    noise = random.integers(-NOISE, NOISE + 1, (BLOCK, SIZE, SIZE, 3))[wanted]
    images = np.where(inside, colour, paper) + noise
    return np.clip(images, 0, 255).astype(np.uint8), labels


DATASET = Drawn(
    name="blobs",
    title="Coloured discs on grey, so easy that tiny networks learn them in seconds",
    classes=tuple(COLOURS),
    shape=(SIZE, SIZE, 3),
    train=4_000,
    test=1_000,
    draw=draw,
)
