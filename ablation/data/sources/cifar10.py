"""CIFAR-10: 32 x 32 colour photographs (Krizhevsky 2009, University of Toronto)."""

from ablation.data.dataset import Dataset, Place
from ablation.data.formats import npz, prepared
from ablation.data.formats.batches import Batches, binary, pickled

BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5")
BINARY = Batches(
    folder="cifar-10-batches-bin",
    train=tuple(f"{name}.bin" for name in BATCHES),
    test=("test_batch.bin",),
    decode=binary(label_bytes=1),
)
PYTHON = Batches(
    folder="cifar-10-batches-py",
    train=BATCHES,
    test=("test_batch",),
    decode=pickled(b"labels"),
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)

DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    shape=(32, 32, 3),
    train=50_000,
    test=10_000,
    version="3.0.2",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    keras="cifar-10-batches-py-target",
    places=(
        Place("npz file", "cifar10.npz", npz.read),
        Place("tfds folder", "cifar10/3.0.2", prepared.read),
        Place("binary folder", BINARY.folder, BINARY.read_folder),
        Place("binary archive", "cifar-10-binary.tar.gz", BINARY.read_archive),
        Place("Python folder", PYTHON.folder, PYTHON.read_folder),
        Place("Python archive", "cifar-10-python.tar.gz", PYTHON.read_archive),
    ),
)
