"""What a study's file is refused for before anything is built or trained: one line with file and key."""

from pathlib import Path
from typing import Any

import pytest
import tiny

from ablation.errors import UserError
from ablation.study import load, nodes, plan

SHAPE, CLASSES = (32, 32, 3), 10


def planned(file: Path, text: str, **changes: Any) -> tuple:
    """The steps of the tiny study with a line replaced as it stands, so that YAML reads it."""
    written = tiny.write_study(file / "my.yaml", **changes).read_text()
    old = next(line for line in written.splitlines() if line.strip().startswith(text.partition(":")[0] + ":"))
    indent = old[: len(old) - len(old.lstrip())]
    (file / "my.yaml").write_text(written.replace(old, indent + text))
    return plan(load(str(file / "my.yaml")), preset="full", dataset="shapes")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("epochs: yes", "my.yaml: training.epochs: expected a valid integer"),
        ("epochs: true", "my.yaml: training.epochs: expected a number, found true"),
        ("epochs: '3'", "my.yaml: training.epochs: expected a number, found '3'"),
        ("batch_size: 1_6", "my.yaml: training.batch_size: expected a"),
        ("seeds: on", "my.yaml: seeds: expected a valid integer"),
        ("seeds: true", "my.yaml: seeds: expected a number, found true"),
    ],
)
def test_a_number_is_a_number(tmp_path, line, told):
    with pytest.raises(UserError) as raised:
        planned(tmp_path, line)
    assert str(raised.value).startswith(told)


def test_numbers_are_read_as_everywhere_else(tmp_path):
    assert planned(tmp_path, "epochs: 010")[0].setting.recipe.epochs == 10
    training = {"epochs": 1, "batch_size": 16, "learning_rate": 1.0}
    assert planned(tmp_path, "learning_rate: 5e-4", training=training)[0].setting.recipe.learning_rate == 5e-4
    with pytest.raises(UserError, match=r"training\.learning_rate: expected a number, found true"):
        planned(tmp_path, "learning_rate: true", training=training)


@pytest.mark.parametrize("width", [10**6, 10**30])
def test_a_network_that_no_machine_holds_is_refused_by_its_size(tmp_path, width):
    network = {"widths": [width], "convs_per_block": 2, "head": [8]}
    step = plan(
        load(str(tiny.write_study(tmp_path / "my.yaml", network=network))), preset="full", dataset="shapes"
    )[0]
    with pytest.raises(
        UserError, match=r"step 'baseline': network: expected 1e\+11 parameters at most, found "
    ):
        nodes(step, SHAPE, CLASSES)
