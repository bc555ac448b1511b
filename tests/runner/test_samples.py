"""The picture of augmented images."""

import io
import json

import numpy as np
import pytest
import tiny
from PIL import Image

from ablation import report, tricks
from ablation.data.shown import name as name_of
from ablation.errors import UserError
from ablation.results.read import load

pytest.importorskip("keras")

from ablation.runner.samples import COLUMNS, augmented, picture, picture_name
from ablation.train.engines import problem_of


def recipe(*names, **fields):
    found = tiny.recipe(**fields)
    for name in names:
        found = tricks.apply(name, found, {})
    return found


def seen(splits, *names, **fields):
    images, labels = splits.x_train[:8], splits.y_train[:8]
    return augmented(recipe(*names, **fields), problem_of(splits), images, labels)


@pytest.mark.parametrize("scaling", ["standardize", "unit", "none"])
def test_without_augmentation_the_images_come_back_as_they_are(splits, scaling):
    assert np.array_equal(seen(splits, scaling=scaling), splits.x_train[:8])


def test_a_flip_shows_every_image_as_it_is_or_mirrored(splits):
    for image, shown in zip(splits.x_train[:8], seen(splits, "flip"), strict=True):
        assert np.array_equal(shown, image) or np.array_equal(shown, image[:, ::-1])


def test_mixup_shows_blends_of_neighbours(splits):
    images, shown = splits.x_train[:8].astype(float), seen(splits, "mixup").astype(float)
    assert not np.array_equal(images, shown)
    for image, other, mixed in zip(images, np.roll(images, -1, axis=0), shown, strict=True):
        low, high = np.minimum(image, other) - 1, np.maximum(image, other) + 1
        assert ((mixed >= low) & (mixed <= high)).all()


def test_the_picture_has_the_plain_images_on_top(splits):
    image = np.asarray(Image.open(io.BytesIO(picture(recipe("augment"), problem_of(splits), splits))))
    assert image.shape == (4 * 34, COLUMNS * 34, 3)
    assert np.array_equal(image[:32, :32], splits.x_train[0])
    assert not np.array_equal(image[34:66, :32], splits.x_train[0])


def test_only_what_changes_images_has_a_picture():
    plain = recipe()
    assert picture_name(plain, None, "shapes") is None
    assert picture_name(recipe("dropout"), plain, "shapes") is None
    names = {picture_name(recipe(*one), plain, "shapes") for one in (["flip"], ["noise"], ["mixup"])}
    assert len(names) == 3 and None not in names


def test_a_run_keeps_pictures_and_the_report_shows_them(
    study_file, tmp_path, no_training, splits, no_figures
):
    out = tmp_path / "out"
    tiny.run_study(study_file(), out)
    steps = {step["step"]: step["samples"] for step in load(out).manifest["steps"]}
    assert steps["baseline"] is None and steps["batch_norm"] is None
    of_tests = name_of(splits.x_test, splits.y_test)
    assert {file.name for file in (out / "samples").iterdir()} == {steps["noise"], of_tests}
    column = np.asarray(Image.open(io.BytesIO(load(out).picture(of_tests))))
    assert np.array_equal(column.reshape(splits.x_test.shape), splits.x_test)
    report.write(out)
    assert (out / "report.html").read_text().count('src="data:image/png;base64,iVBOR') == 1
    assert f"(samples/{steps['noise']})" in (out / "report.md").read_text()


def test_a_manifest_names_no_file_outside_the_folder(study_file, tmp_path, no_training):
    out = tmp_path / "out"
    tiny.run_study(study_file(), out)
    (tmp_path / "secret.png").write_bytes(b"secret")
    manifest = json.loads((out / "manifest.json").read_text())
    for step in manifest["steps"]:
        step["samples"] = "../../secret.png"
    (out / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"manifest.json: steps.0.samples: .* found '../../secret.png'"):
        load(out)
