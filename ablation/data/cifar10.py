"""CIFAR-10: 32 x 32 colour photographs (Krizhevsky 2009, University of Toronto)."""

from ablation.data import npz, prepared
from ablation.data.dataset import Dataset, Place

DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    shape=(32, 32, 3),
    train=50_000,
    test=10_000,
    version="3.0.2",
    keras="cifar-10-batches-py-target",
    places=(
        Place("npz file", "cifar10.npz", npz.read),
        Place("tfds folder", "cifar10/3.0.2", prepared.read),
    ),
)
