"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747): 28 x 28 grey pictures of clothes."""

from ablation.data.dataset import Place
from ablation.data.formats import idx, npz, prepared
from ablation.data.published import Published

DATASET = Published(
    name="fashion_mnist",
    title="Fashion-MNIST",
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    shape=(28, 28, 1),
    train=60_000,
    test=10_000,
    version="3.0.1",
    fingerprint="4f6f64025ed6ef109c45bf20ce49a4846f3ea41993e164e0b7cc08117b724229",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
    places=(
        Place("npz file", "fashion_mnist.npz", npz.read),
        Place("tfds folder", "fashion_mnist/3.0.1", prepared.read, prepared.is_it("fashion_mnist", "3.0.1")),
        Place("idx folder", "fashion-mnist", idx.read),
        Place("torchvision folder", "FashionMNIST/raw", idx.read),
    ),
)  # fmt: skip
