"""CIFAR-10: 32 x 32 colour photographs (Krizhevsky 2009, University of Toronto)."""

from ablation.data.dataset import Place
from ablation.data.formats import npz, prepared
from ablation.data.formats.batches import Batches, binary, pickled
from ablation.data.published import Published

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
    decode=pickled("labels"),
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)

DATASET = Published(
    name="cifar10",
    title="CIFAR-10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    shape=(32, 32, 3),
    train=50_000,
    test=10_000,
    version="3.0.2",
    fingerprint="71992c4e1b5f99be149ef57b471291c19e39f0c875ec5e4bec2efc84dec72195",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    keras="cifar-10-batches-py-target",
    places=(
        Place("npz file", "cifar10.npz", npz.read),
        Place("tfds folder", "cifar10/3.0.2", prepared.read, prepared.is_it("cifar10", "3.0.2")),
        Place("binary folder", BINARY.folder, BINARY.read_folder, BINARY.is_it),
        Place("binary archive", "cifar-10-binary.tar.gz", BINARY.read_archive),
        Place("Python folder", PYTHON.folder, PYTHON.read_folder, PYTHON.is_it),
        Place("Python archive", "cifar-10-python.tar.gz", PYTHON.read_archive),
    ),
)
