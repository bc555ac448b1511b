"""Options of layers, data folders, results folders and environments at random: an answer or one line, never a
traceback; what lies around is as it was before, to the byte.

`ABLATION_EXAMPLES=10000 pytest tests/cli/test_fuzz.py tests/cli/test_fuzz_surroundings.py` tries as many.
"""

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_fuzz import STUDY, WORDS, answer, holder, places, plain, tried, values, words

from ablation import data, study
from ablation.engine.buildable import check_buildable
from ablation.errors import UserError
from ablation.study.planning import nodes

SIDE, CLASSES = 32, 10


def inventory(folder: Path) -> dict[str, str]:
    """What every file, folder, link and pipe below a folder is, by its path; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            told = f"link to {path.readlink()}"
        elif stat.S_ISREG(mode):
            told = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            told = "folder" if stat.S_ISDIR(mode) else "pipe"
        found[str(path.relative_to(folder))] = told
    return found


@contextlib.contextmanager
def untouched(folder: Path, but: tuple[str, ...] = ()) -> Iterator[None]:
    """Nothing below the folder is other than before, paths that begin with `but` aside."""

    def rest() -> dict[str, str]:
        return {path: told for path, told in inventory(folder).items() if not path.startswith(but or ("\0",))}

    before = rest()
    yield
    assert rest() == before


def surroundings(folder: Path) -> Path:
    """A place with a stranger's files in it."""
    folder.mkdir()
    (folder / "thesis.csv").write_text("id,grade\n1,A\n")
    (folder / "models").mkdir()
    (folder / "models" / "best.keras").write_bytes(b"mine")
    (folder / "secret.json").write_text('{"password": "x"}')
    return folder


# Options of layers.

LAYERS = (
    *(f"keras.layers.{name}" for name in (
        "Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Dense", "MaxPooling2D", "AveragePooling2D", "Dropout",
        "SpatialDropout2D", "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
        "UnitNormalization", "Resizing", "ZeroPadding2D", "UpSampling2D", "Cropping2D", "LeakyReLU", "PReLU", "Flatten",
        "GlobalAveragePooling2D", "Add", "Concatenate", "RandomContrast", "RandomRotation", "MixUp", "CutMix",
        "LSTM", "Embedding", "Reshape", "Conv2DTranspose", "EinsumDense", "MultiHeadAttention",
    )),
    *(f"keras.optimizers.{name}" for name in ("SGD", "Adam", "AdamW", "Lion", "Muon", "LossScaleOptimizer")),
    *(f"keras.optimizers.schedules.{name}" for name in ("CosineDecay", "PiecewiseConstantDecay", "ExponentialDecay")),
    *(f"keras.initializers.{name}" for name in ("HeNormal", "Constant", "Orthogonal", "Identity", "VarianceScaling")),
    "ablation.layers.cutout.Cutout", "ablation.layers.mixup.Mixup", "ablation.layers.random_affine.RandomAffine",
    "ablation.schedules.WarmUpCosineDecay", "keras.layers.Lambda", "keras.ops.add", "os.system",
)  # fmt: skip
FIELDS = {
    "network": (
        "conv",
        "dense",
        "initializer",
        "norm",
        "pool",
        "merge",
        "flatten",
        "block_end",
        "head_end",
        "augment",
    ),
    "training": ("optimizer", "schedule", "mix"),
}
OPTIONS = (
    "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "depth_multiplier", "use_bias",
    "activation", "pool_size", "rate", "axis", "epsilon", "scale", "center", "momentum", "height", "width", "factor",
    "learning_rate", "initial_learning_rate", "decay_steps", "boundaries", "values", "alpha", "units", "seed",
    "weight_decay", "clipnorm", "data_format", "dtype", "name", "trainable", "kernel_initializer", "total_steps",
    "warmup_steps", "target_shape", "negative_slope", "value", "gain", "size",
)  # fmt: skip
small = st.one_of(
    st.integers(-2, 9), st.floats(-2, 2), st.booleans(), st.none(),
    st.sampled_from(["same", "valid", "relu", "epoch", "0.5 total", "channels_first", "float16", "x"]),
)  # fmt: skip
options = st.dictionaries(
    st.sampled_from(OPTIONS), st.one_of(small, st.lists(small, max_size=3), values), max_size=4
)


@st.composite
def studies_with_layers(draw: st.DrawFn) -> dict[str, Any]:
    """The study with one or two of its layers replaced."""
    content = json.loads(json.dumps(STUDY))
    for _ in range(draw(st.integers(1, 2))):
        section = draw(st.sampled_from(["network", "network", "training"]))
        field = draw(st.sampled_from(FIELDS[section]))
        layer = {"path": draw(st.sampled_from(LAYERS)), "options": draw(options)}
        content[section][field] = [layer] if field in ("block_end", "head_end", "augment") else layer
    return content


@pytest.mark.slow
@tried(0.4)
@given(content=studies_with_layers())
def test_options_of_layers(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "layers.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    code, _ = answer("plan", str(file), "--dataset", "shapes", "--preset", "full")
    if code == 2:
        return
    for step in study.plan(study.load(str(file)), preset="full", dataset="shapes"):
        with contextlib.suppress(UserError):
            check_buildable("", step.setting.recipe, nodes(step, (SIDE, SIDE, 3), CLASSES))


# Data folders.


def arrays(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of CIFAR-10's form."""
    rng = np.random.default_rng(number)
    labels = np.arange(number) % CLASSES
    return rng.integers(0, 256, (number, SIDE, SIDE, 3), dtype=np.uint8), labels.astype(np.uint8)


def write_npz(folder: Path) -> None:
    (x, y), (x_test, y_test) = arrays(40), arrays(20)
    np.savez(folder / "cifar10.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)


def write_binary(folder: Path) -> None:
    place = folder / "cifar-10-batches-bin"
    place.mkdir()
    for name in (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"):
        x, y = arrays(20)
        rows = np.concatenate([y[:, None], x.transpose(0, 3, 1, 2).reshape(len(x), -1)], axis=1)
        (place / name).write_bytes(rows.tobytes())


def write_idx(folder: Path) -> None:
    place = folder / "fashion-mnist"
    place.mkdir()
    for split, number in (("train", 40), ("t10k", 20)):
        x, y = arrays(number)
        x = x[:, :28, :28, 0]
        for name, array in ((f"{split}-images-idx3-ubyte", x), (f"{split}-labels-idx1-ubyte", y)):
            head = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", side) for side in array.shape)
            (place / f"{name}.gz").write_bytes(gzip.compress(head + array.tobytes()))


FORMS: dict[str, tuple[Callable[[Path], None], str]] = {
    "npz": (write_npz, "cifar10"),
    "binary": (write_binary, "cifar10"),
    "idx": (write_idx, "fashion_mnist"),
}


def damage(draw: Callable[[Any], Any], folder: Path, outside: Path) -> None:
    """One thing in a folder cut, overwritten, removed, renamed, or replaced by a link, a pipe or a folder."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    if not files:
        return
    file = draw(st.sampled_from(files))
    how = draw(
        st.sampled_from(
            ["cut", "bytes", "bytes", "empty", "remove", "rename", "link", "loop", "pipe", "folder"]
        )
    )
    content = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
    file.unlink()
    if how == "cut":
        file.write_bytes(content[: draw(st.integers(0, len(content)))])
    elif how == "bytes":
        start = draw(st.integers(0, len(content)))
        file.write_bytes(
            content[:start] + draw(st.binary(max_size=9)) + content[start + draw(st.integers(0, 9)) :]
        )
    elif how == "empty":
        file.touch()
    elif how == "rename":
        file.with_name(f"{file.name}.old").write_bytes(content)
    elif how == "link":
        file.symlink_to(outside / draw(st.sampled_from(["thesis.csv", "secret.json", "nothing"])))
    elif how == "loop":
        file.symlink_to(file)
    elif how == "pipe":
        os.mkfifo(file)
    elif how == "folder":
        file.mkdir()


@tried(0.25)
@given(draws=st.data(), form=st.sampled_from(sorted(FORMS)), own=st.booleans())
def test_data_folders(tmp_path_factory, draws, form, own):
    here = tmp_path_factory.mktemp("data")
    outside = surroundings(here / "outside")
    folder = here / "data"
    folder.mkdir()
    write, name = FORMS[form]
    write(folder)
    for _ in range(draws.draw(st.integers(0, 2))):
        damage(draws.draw, folder, outside)
    given_folder = draws.draw(st.sampled_from([folder, folder.parent, *folder.iterdir()]))
    with pytest.MonkeyPatch.context() as patch, untouched(here, but=("cache",)):
        patch.setenv("ABLATION_CACHE_DIR", str(here / "cache"))
        with contextlib.suppress(UserError):
            if own:
                file = draws.draw(st.sampled_from([*folder.rglob("*"), folder]))
                kind = draws.draw(st.sampled_from(["npz", "folder", "csv", "parquet"]))
                data.load(f"{kind}:{file}", train=20, val=10, test=10)
            else:
                found = data.load(name, data_dir=given_folder, train=20, val=10, test=10, may_download=False)
                assert found.x_train.dtype == np.uint8 and len(found.x_train) == len(found.y_train) == 20
    shutil.rmtree(here)


# Results folders.


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder of made-up figures."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ablation.runner.executors.local.train", tiny.Trainer())
        tiny.run_study(tiny.write_study(folder / "tiny.yaml"), folder / "out", seeds=2)
    return folder / "out"


def damage_json(draw: Callable[[Any], Any], file: Path) -> None:
    """A value or key of a JSON file replaced, removed or put elsewhere."""
    try:
        content = json.loads(file.read_bytes())
    except ValueError:  # damaged before
        return
    if not list(places(content)):
        return
    path = draw(st.sampled_from(list(places(content))))
    here, key = holder(content, path), path[-1]
    how = draw(st.sampled_from(["replace", "remove", "swap", "name"]))
    if how == "remove":
        del here[key]
    elif how == "swap":
        other = draw(st.sampled_from(list(places(content))))
        here[key] = json.loads(json.dumps(holder(content, other)[other[-1]]))
    elif how == "name":
        here[key] = draw(
            st.sampled_from(["../../secret", "/etc/passwd", "a\x1b[31mb", "<b>", "x" * 300, *WORDS])
        )
    else:
        here[key] = draw(plain)
    with contextlib.suppress(ValueError):  # a number of more digits than JSON's writer takes
        file.write_text(json.dumps(content))


def damage_table(draw: Callable[[Any], Any], file: Path) -> None:
    """A cell, a row or a column of a table changed."""
    rows = [line.split(",") for line in file.read_text(errors="replace").splitlines()]
    if not rows:
        return
    row = rows[draw(st.integers(0, len(rows) - 1))]
    how = draw(st.sampled_from(["cell", "cut", "twice", "drop"]))
    if how == "cell":
        row[draw(st.integers(0, len(row) - 1))] = draw(
            st.one_of(words, st.sampled_from(["1e308", "-1", "nan", "True"]))
        )
    elif how == "cut":
        del row[draw(st.integers(0, len(row) - 1)) :]
    elif how == "twice":
        rows.append(list(row))
    else:
        rows.remove(row)
    file.write_text(
        "\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8", errors="surrogateescape"
    )


@pytest.mark.slow
@tried(0.3)
@given(draws=st.data(), command=st.sampled_from(["compare"] * 7 + ["report"]))
def test_results_folders(tmp_path_factory, results, draws, command):
    here = tmp_path_factory.mktemp("damaged")
    outside = surroundings(here / "outside")
    folder = here / "out"
    shutil.copytree(results, folder, ignore=shutil.ignore_patterns(".lock"))
    for _ in range(draws.draw(st.integers(1, 2))):
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        file = draws.draw(st.sampled_from(files))
        how = draws.draw(st.sampled_from(["content", "content", "file"]))
        if how == "file":
            damage(draws.draw, folder, outside)
        elif file.suffix == ".json":
            damage_json(draws.draw, file)
        elif file.suffix == ".csv":
            damage_table(draws.draw, file)
    writes = (
        ()
        if command == "compare"
        else tuple(
            f"out/{name}" for name in ("summary.csv", "contributions.csv", "figures", "report.", "samples")
        )
    )
    with untouched(here, but=writes):
        answer(command, str(folder), *([str(results)] if command == "compare" else []))
    shutil.rmtree(here)


# Environments.

VARIABLES = {
    "PYTHONIOENCODING": ("cp1252", "ascii", "latin-1", "utf-8", "utf-16"),
    "LC_ALL": ("C", "POSIX", "xx_YY.UTF-8", ""),
    "TERM": ("dumb", "", "xterm-256color", "x"),
    "COLUMNS": ("0", "1", "20", "10000", "x", "-5"),
    "NO_COLOR": ("1", ""),
    "KERAS_BACKEND": ("tensorflow", "jax", "numpy", "nonsense", ""),
    "TMPDIR": ("nothing/there", ""),
    "ABLATION_DATA_DIR": ("nothing", "outside", ""),
    "ABLATION_CODE": ("nothing", "outside", ""),
    "ABLATION_CACHE_DIR": ("nothing/cache", "outside/thesis.csv"),
    "XDG_CACHE_HOME": ("nothing/cache", "outside/thesis.csv"),
    "TFDS_DATA_DIR": ("nothing", "outside/thesis.csv"),
    "KERAS_HOME": ("keras", "outside/thesis.csv", "nothing"),
    "HOME": (None, "nothing", "/", "outside/thesis.csv"),
    "PYTHONWARNINGS": ("error::UserWarning", "ignore"),
    "TF_ENABLE_ONEDNN_OPTS": ("0", "x"),
    "CUDA_VISIBLE_DEVICES": ("", "7", "x"),
}
COMMANDS = (
    ("list",), ("show", "dropout"), ("lectures",), ("plan", "study.yaml", "--preset", "full"), ("--help",),
    ("plan", "study.yaml", "--dataset", "auto", "--preset", "full"), ("report", "out"), ("run", "study.yaml"),
)  # fmt: skip
SETTINGS = (
    '{"floatx": "float16"}', '{"image_data_format": "channels_first"}', "{", "", "[]", '{"backend": 3}',
    '{"epsilon": "x"}', '{"floatx": "int8", "backend": "nonsense"}',
)  # fmt: skip
RUN = (
    "--preset",
    "full",
    "--dataset",
    "shapes",
    "--seeds",
    "1",
    "--jobs",
    "1",
    "--steps",
    "baseline",
    "--out",
    "new",
    "--no-report",
)


@pytest.mark.slow
@tried(0.04)
@given(
    environment=st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(some) for name, some in VARIABLES.items()}
    ),
    command=st.sampled_from(COMMANDS),
    keras_json=st.none() | st.sampled_from(SETTINGS),
)
def test_environments(tmp_path_factory, results, environment, command, keras_json):
    here = tmp_path_factory.mktemp("environment")
    surroundings(here / "outside")
    shutil.copytree(results, here / "out", ignore=shutil.ignore_patterns(".lock"))
    tiny.write_study(here / "study.yaml", training={"epochs": 1, "batch_size": 16})
    (here / "keras").mkdir()
    if keras_json is not None:
        (here / "keras" / "keras.json").write_text(keras_json)
    known = tiny.environment() | {name: value for name, value in environment.items() if value is not None}
    for name, value in environment.items():
        if value is None:
            known.pop(name, None)
    arguments = [*command, *(RUN if command[0] == "run" else ())]
    with untouched(here, but=("new", "nothing", "out/", "keras/")):
        done = subprocess.run(
            [sys.executable, "-m", "ablation", *arguments],
            cwd=here,
            env=known,
            capture_output=True,
            timeout=300,
        )
    said = done.stderr.replace(b"\0", b"").decode(errors="replace")
    assert done.returncode in (0, 2) and "Traceback" not in said, (
        environment,
        command,
        keras_json,
        said[-3000:],
    )
    if done.returncode == 2:
        assert "ablation: " in said
    shutil.rmtree(here)
