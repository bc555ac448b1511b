"""Models as files that Keras loads: of the best epochs (lecture D3), and the one that is judged."""

import tempfile
from pathlib import Path

import keras

from ablation.errors import UserError
from ablation.files import write_atomically
from ablation.keras_private import leave_tensorflow_alone
from ablation.observers import Moment

BEST = {"best_loss": ("val_loss", -1), "best_accuracy": ("val_accuracy", 1)}
JUDGED = "judged"


def save_best(folder: Path, moment: Moment) -> None:
    """Write `best_loss.keras` and `best_accuracy.keras` where this epoch is better than all before it.

    Their weights are the epoch's own, which its row of `epochs.csv` measures; what `trials.csv` tells is of
    `judged.keras`. The models give logits of images of 0-255. `keras.saving.load_model` reads them; of a network with
    layers of this project after `import ablation.layers`.

    Raises:
        UserError: the folder cannot be written.
    """
    *before, now = moment.epochs
    for name, (figure, sign) in BEST.items():
        if all(sign * now[figure] > sign * row[figure] for row in before):
            save_model(folder / f"{name}.keras", moment.learner.model)


def save_model(file: Path, model: keras.Model) -> None:
    """Write one model, whole.

    Raises:
        UserError: the folder, or the system's for temporary files, cannot be written.
    """
    leave_tensorflow_alone()
    try:
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder) / "model.keras")
            content = (Path(folder) / "model.keras").read_bytes()
    except OSError as error:
        raise UserError(
            f"{file}: cannot be written ({error.strerror or error}); finished trials are kept"
        ) from error
    write_atomically(file, content)
