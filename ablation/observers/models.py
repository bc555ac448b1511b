"""The models of the best epochs (lecture D3), as files that Keras loads."""

import tempfile
from pathlib import Path

import keras
from keras.src.utils import module_utils

from ablation.files import write_atomically
from ablation.observers import Moment

BEST = {"best_loss": ("val_loss", -1), "best_accuracy": ("val_accuracy", 1)}


def save_best(folder: Path, moment: Moment) -> None:
    """Write `best_loss.keras` and `best_accuracy.keras` where this epoch is better than all before it.

    The models give logits of images of 0-255. `keras.saving.load_model` reads them; of a network with layers of this
    project after `import ablation.layers`.

    Raises:
        UserError: the folder cannot be written.
    """
    *before, now = moment.epochs
    for name, (figure, sign) in BEST.items():
        if all(sign * now[figure] > sign * row[figure] for row in before):
            write_atomically(folder / f"{name}.keras", _content(moment.learner.model))


def _content(model: keras.Model) -> bytes:
    if keras.config.backend() != "tensorflow" and module_utils.tensorflow._available is None:
        module_utils.tensorflow._available = False  # Keras would load it only to ask whether an object is its
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        model.save(file)
        return file.read_bytes()
