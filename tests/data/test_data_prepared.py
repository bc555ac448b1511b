"""Folders prepared by tfds: a small one made here, damaged in turn, and the real ones where at hand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from made_up import made_up

from ablation import data
from ablation.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def prepared(small, tmp_path):
    import tensorflow as tf

    dataset = small["cifar10"]
    arrays = made_up(dataset)
    folder = tmp_path / "cifar10" / dataset.version
    folder.mkdir(parents=True)
    splits = []
    for name, x, y in (("train", *arrays[:2]), ("test", *arrays[2:])):
        with tf.io.TFRecordWriter(str(folder / f"cifar10-{name}.tfrecord-00000-of-00001")) as writer:
            for image, label in zip(x, y, strict=True):
                feature = {
                    "image": tf.train.Feature(
                        bytes_list=tf.train.BytesList(value=[tf.io.encode_png(image).numpy()])
                    ),
                    "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                }
                writer.write(
                    tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()
                )
        splits.append(
            {
                "name": name,
                "shardLengths": [str(len(y))],
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
            }
        )
    info = {"name": "cifar10", "version": dataset.version, "fileFormat": "tfrecord", "splits": splits}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    core = "tensorflow_datasets.core.features"
    image = {"shape": {"dimensions": ["32", "32", "3"]}, "dtype": "uint8"}
    features = {
        "image": {"pythonClassName": f"{core}.image_feature.Image", "image": image},
        "label": {
            "pythonClassName": f"{core}.class_label_feature.ClassLabel",
            "classLabel": {"numClasses": "10"},
        },
    }
    whole = {"pythonClassName": f"{core}.features_dict.FeaturesDict", "featuresDict": {"features": features}}
    (folder / "features.json").write_text(json.dumps(whole))
    return folder, arrays


def load(folder):
    return data.load("cifar10", data_dir=folder.parents[1], val=0, may_download=False)


def test_a_prepared_folder_gives_its_images(prepared):
    folder, (x_train, y_train, x_test, y_test) = prepared
    splits = load(folder)
    assert splits.source == "tfds folder cifar10/3.0.2"
    for x, y, given_x, given_y in (
        (splits.x_train, splits.y_train, x_train, y_train),
        (splits.x_test, splits.y_test, x_test, y_test),
    ):
        given = {bytes(image): label for image, label in zip(given_x, given_y, strict=True)}
        assert len(x) == len(given)
        assert all(given[bytes(image)] == label for image, label in zip(x, y, strict=True))


def test_a_damaged_prepared_folder_is_one_line(prepared):
    folder, _ = prepared
    records = folder / "cifar10-train.tfrecord-00000-of-00001"
    whole = records.read_bytes()
    for damage in (
        lambda: records.write_bytes(whole[: len(whole) // 2]),
        lambda: records.write_bytes(b""),
        records.unlink,
        (folder / "dataset_info.json").unlink,
        lambda: [file.unlink() for file in folder.iterdir()],
    ):
        damage()
        with pytest.raises(UserError) as caught:
            load(folder)
        assert str(folder) in str(caught.value)
        assert len(str(caught.value)) < 500


def test_the_real_cifar10(real):
    splits = data.load("cifar10", data_dir=real, val=0)
    assert (len(splits.x_train), len(splits.x_test)) == (50_000, 10_000)
    assert np.bincount(splits.y_train).tolist() == [5000] * 10
    assert (splits.published, splits.title) == (True, "CIFAR-10")
    mean, deviation = data.mean_and_deviation(splits.x_train)
    np.testing.assert_allclose(mean, [125.30691805, 122.95039414, 113.86538318], rtol=1e-6)
    np.testing.assert_allclose(deviation, [62.99321928, 62.08870764, 66.70489964], rtol=1e-6)


def test_the_real_fashion_mnist(real):
    splits = data.load("fashion_mnist", data_dir=real, train=1000, test=500)
    assert splits.x_train.shape == (1000, 28, 28, 1)
    assert (splits.published, splits.title) == (True, "Fashion-MNIST")
    assert np.bincount(splits.y_train).tolist() == [100] * 10
    assert np.bincount(splits.y_val).tolist() == [500] * 10
    # Trousers cover less than pullovers, sandals less than ankle boots.
    ink = [splits.x_train[splits.y_train == label].mean() for label in range(10)]
    assert ink[1] < ink[2]
    assert ink[5] < ink[9]


def test_tensorflow_is_not_imported_for_drawings():
    code = "import sys; from ablation import data; data.load('shapes', train=10, val=10, test=10); "
    code += "assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
