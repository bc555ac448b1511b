import numpy as np
import pytest

from ablation.errors import UserError
from ablation.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

STATE = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.array(7),
    np.zeros(0),
    np.array([2**32 - 1], "uint32"),
]
STATE += [np.float32(number) for number in range(20)]
EPOCHS = [{"epoch": 1, "loss": 0.1 + 0.2, "val_loss": float("inf")}]


@pytest.mark.parametrize("best", [None, STATE[::-1]])
def test_a_checkpoint_comes_back_to_the_last_bit_and_in_order(tmp_path, best):
    file = tmp_path / "new" / "x.npz"
    save_checkpoint(file, Checkpoint(STATE, EPOCHS, best))
    back = load_checkpoint(file)
    assert back is not None
    assert back.epochs == EPOCHS
    for there, here in ((STATE, back.state), (best or [], back.best or [])):
        assert [(value.dtype, value.shape, value.tobytes()) for value in there] == [
            (value.dtype, value.shape, value.tobytes()) for value in here
        ]


def test_no_checkpoint_is_none(tmp_path):
    assert load_checkpoint(None) is None
    assert load_checkpoint(tmp_path / "missing.npz") is None


def test_a_damaged_checkpoint_is_none_whatever_its_damage(tmp_path):
    file = tmp_path / "x.npz"
    save_checkpoint(file, Checkpoint(STATE, EPOCHS, None))
    whole = file.read_bytes()
    for cut in range(0, len(whole), 97):
        file.write_bytes(whole[:cut])
        assert load_checkpoint(file) is None
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 200):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << random.integers(8)
        file.write_bytes(flipped)
        back = load_checkpoint(file)
        assert back is None or all(
            one.tobytes() == other.tobytes() for one, other in zip(back.state, STATE, strict=True)
        )


def test_nothing_in_a_checkpoint_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("code was run",))

    file = tmp_path / "x.npz"
    about = np.array('{"epochs": [], "state": 1, "best": 0}')
    np.savez(file, about=about, state0=np.array([Trap()], dtype=object))
    assert load_checkpoint(file) is None


def test_a_checkpoint_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="cannot be written"):
        save_checkpoint(tmp_path / "taken" / "x.npz", Checkpoint(STATE, EPOCHS, None))
