"""CIFAR-100: 32 x 32 colour photographs in a hundred classes (Krizhevsky 2009, University of Toronto)."""

from ablation.data.dataset import Place
from ablation.data.formats import npz, prepared
from ablation.data.formats.batches import Batches, binary, pickled
from ablation.data.published import Published

BINARY = Batches(
    folder="cifar-100-binary",
    train=("train.bin",),
    test=("test.bin",),
    decode=binary(label_bytes=2),
)
PYTHON = Batches(
    folder="cifar-100-python",
    train=("train",),
    test=("test",),
    decode=pickled("fine_labels"),
    sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
)

DATASET = Published(
    name="cifar100",
    title="CIFAR-100",
    classes=(
        "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
        "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
        "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup",
        "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house",
        "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man",
        "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
        "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
        "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew",
        "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower",
        "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train", "trout",
        "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
    ),
    shape=(32, 32, 3),
    train=50_000,
    test=10_000,
    version="3.0.2",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    keras="cifar-100-python-target",
    places=(
        Place("npz file", "cifar100.npz", npz.read),
        Place("tfds folder", "cifar100/3.0.2", prepared.read, prepared.is_it("cifar100", "3.0.2")),
        Place("binary folder", BINARY.folder, BINARY.read_folder, BINARY.is_it),
        Place("binary archive", "cifar-100-binary.tar.gz", BINARY.read_archive),
        Place("Python folder", PYTHON.folder, PYTHON.read_folder, PYTHON.is_it),
        Place("Python archive", "cifar-100-python.tar.gz", PYTHON.read_archive),
    ),
)  # fmt: skip
