"""Event files for TensorBoard (lecture D12), written without TensorFlow."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import ops
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from ablation.engine.gradients import gradients
from ablation.engine.learner import Learner
from ablation.errors import UserError
from ablation.networks.graph import SCALING
from ablation.observers import Moment

FILE = "events.out.tfevents.0000000000.ablation"
SCALARS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
SHOWN = 32
ACROSS = 8


def write_events(folder: Path, moment: Moment) -> None:
    """Append an epoch to a trial's event file; the first epoch begins the file, with the network's graph.

    Scalars as in `epochs.csv`; histograms of every weight, and of every trainable weight's gradient on the first 32
    training images; those images after augmentation and mixing; the first convolution's kernels.

    Raises:
        UserError: the folder cannot be written.
    """
    row = moment.epochs[-1]
    events = [Event(file_version="brain.Event:2"), _graph(moment)] if row["epoch"] == 1 else []
    for summary in _summaries(moment):
        events.append(Event(step=row["epoch"], wall_time=time.time(), summary=summary))
    content = io.BytesIO()
    records = RecordWriter(content)
    for event in events:
        records.write(event.SerializeToString())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / FILE).open("wb" if row["epoch"] == 1 else "ab") as file:
            file.write(content.getvalue())
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); finished trials are kept"
        ) from error


def _summaries(moment: Moment) -> Iterator[Summary]:
    learner, row = moment.learner, moment.epochs[-1]
    images, labels = moment.splits.x_train[:SHOWN], moment.splits.y_train[:SHOWN]
    for name in SCALARS:
        yield scalar_pb(name, float(row[name]))
    for weight in learner.model.weights:
        yield histogram_pb(f"weights/{weight.path}", ops.convert_to_numpy(weight.value).astype(np.float32))
    for path, gradient in gradients(learner, images, labels).items():
        yield histogram_pb(f"gradients/{path}", gradient)
    yield _image("images after augmentation", augmented(learner, images, labels))
    kernels = first_kernels(learner.model)
    if kernels is not None:
        yield _image("kernels of the first convolution", kernels)


def augmented(learner: Learner, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Training images as the network gets them, back in pixels: uint8 (n, height, width, channels).

    Args:
        learner: its random streams are drawn from but not moved on.
        images: uint8 (n, height, width, channels).
        labels: int32 (n,).
    """
    with keras.StatelessScope():
        x = learner.front(ops.cast(images, "float32"), training=True)
        if learner.mix is not None:
            x, _ = learner.mix((x, ops.one_hot(labels, learner.classes, dtype="float32")))
        x = ops.convert_to_numpy(x).astype(np.float32)
    scaling = learner.model.get_layer(SCALING)
    if isinstance(scaling, keras.layers.Rescaling):
        x = (x - _per_channel(scaling.offset)) / _per_channel(scaling.scale)
    else:
        x = 255 * _unit(x)
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def first_kernels(model: keras.Model) -> np.ndarray | None:
    """The first convolution's kernels as images, uint8 (filters, height, width, channels); None where it has none."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel = ops.convert_to_numpy(layer.kernel).astype(np.float32)
            return (255 * _unit(kernel.transpose(3, 0, 1, 2))).astype(np.uint8)
    return None


def _per_channel(value: object) -> np.ndarray:
    """A figure of the scaling layer, which holds it once for every place of a row."""
    figure = np.asarray(value)
    return figure[0] if figure.ndim > 1 else figure


def _unit(x: np.ndarray) -> np.ndarray:
    low, high = x.min(), x.max()
    return (x - low) / max(high - low, np.finfo(np.float32).tiny)


def _image(tag: str, images: np.ndarray) -> Summary:
    """One image of all of them, eight a row, a pixel apart."""
    number, height, width, channels = images.shape
    rows = -(-number // ACROSS)
    sheet = np.zeros((rows * (height + 1), ACROSS * (width + 1), channels), np.uint8)
    for i, image in enumerate(images):
        top, left = i // ACROSS * (height + 1), i % ACROSS * (width + 1)
        sheet[top : top + height, left : left + width] = image
    encoded = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(encoded, "PNG")
    size = {"height": sheet.shape[0], "width": sheet.shape[1], "colorspace": channels}
    content = Summary.Image(encoded_image_string=encoded.getvalue(), **size)
    return Summary(value=[Summary.Value(tag=tag, image=content)])


def _graph(moment: Moment) -> Event:
    nodes = [NodeDef(name="image", op="Input")]
    for one in moment.nodes:
        nodes.append(NodeDef(name=one.name, op=one.layer.kind, input=one.inputs or ["image"]))
    return Event(wall_time=time.time(), graph_def=GraphDef(node=nodes).SerializeToString())
