"""Losses by name and weights of classes, against hand calculations and `keras.losses`."""

import math
import subprocess
from importlib.util import find_spec

import numpy as np
import pytest
import tiny
from pydantic import ValidationError

from ablation import tricks
from ablation.recipe import Loss, Recipe
from ablation.study.trial import Trial

keras = pytest.importorskip("keras")

from ablation.engine import new_engine  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.engine.losses import per_image  # noqa: E402
from ablation.train.engines import problem_of  # noqa: E402

LOGITS = np.array([[math.log(8), 0.0, 0.0], [0.0, math.log(3), 0.0]])  # .8 .1 .1 and .2 .6 .2
HARD = np.eye(3)[[0, 0]]


def losses(loss: Loss | str, targets: np.ndarray = HARD, logits: np.ndarray = LOGITS) -> np.ndarray:
    chosen = Recipe(loss=loss).loss
    return np.array(per_image(chosen, targets.astype("float32"), logits.astype("float32")))


def test_focal_by_hand():
    assert losses("focal") == pytest.approx([-(0.2**2) * math.log(0.8), -(0.8**2) * math.log(0.2)], rel=1e-5)
    quarter = Loss(name="focal", gamma=1, alpha=0.25)
    assert losses(quarter) == pytest.approx([-0.05 * math.log(0.8), -0.2 * math.log(0.2)], rel=1e-5)
    mixed = np.array([[0.7, 0.3, 0.0]])
    expected = -0.7 * 0.2**2 * math.log(0.8) - 0.3 * 0.9**2 * math.log(0.1)
    assert losses("focal", mixed, LOGITS[:1]) == pytest.approx([expected], rel=1e-5)


def test_focal_without_focus_is_cross_entropy():
    plain = losses("categorical_crossentropy")
    assert plain == pytest.approx([-math.log(0.8), -math.log(0.2)], rel=1e-5)
    assert losses(Loss(name="focal", gamma=0)) == pytest.approx(plain, rel=1e-6)


def test_binary_by_hand():
    """Three sigmoids: of ln 8 8/9, of 0 1/2, of ln 3 3/4."""
    expected = [
        -(math.log(8 / 9) + 2 * math.log(1 / 2)) / 3,
        -(math.log(1 / 2) + math.log(1 / 4) + math.log(1 / 2)) / 3,
    ]
    assert losses("binary_crossentropy") == pytest.approx(expected, rel=1e-5)
    mixed = np.array([[0.7, 0.3, 0.0]])
    term = 0.7 * math.log(8 / 9) + 0.3 * math.log(1 / 9) + 2 * math.log(1 / 2)
    assert losses("binary_crossentropy", mixed, LOGITS[:1]) == pytest.approx([-term / 3], rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        ("categorical_crossentropy", keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)),
        (
            Loss(name="focal", gamma=3, alpha=0.25),
            keras.losses.CategoricalFocalCrossentropy(0.25, 3.0, from_logits=True, reduction=None),
        ),
        ("binary_crossentropy", keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)),
    ],
)
def test_the_losses_of_keras_on_mixed_and_smoothed_labels(loss, theirs):
    draw = np.random.default_rng(0)
    targets, logits = draw.dirichlet(np.ones(10), 50), 3 * draw.normal(size=(50, 10))
    targets = 0.9 * targets + 0.1 / 10
    expected = np.array(theirs(targets.astype("float32"), logits.astype("float32")))
    np.testing.assert_allclose(losses(loss, targets, logits), expected, rtol=1e-4)


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_focal_has_a_finite_gradient_where_an_image_is_known_for_certain(gamma, splits):
    recipe = tiny.recipe(loss=Loss(name="focal", gamma=gamma), head=())
    learner = new_learner(recipe, problem_of(splits), 4, seed=0)
    learner.model.get_layer("logits").bias.assign(np.eye(10)[splits.y_train[0]] * 300)
    engine = new_engine(learner, splits.x_train, splits.y_train)
    engine.train(np.zeros((2, 16), "int32"))
    assert all(np.isfinite(np.array(weight)).all() for weight in learner.trainable)


def logits_of(learner, images) -> np.ndarray:
    return keras.ops.convert_to_numpy(learner.model(images.astype("float32"))).astype("float64")


def test_binary_in_training_with_smoothed_labels_weights_and_a_penalty(splits):
    weights = tuple(float(label) for label in range(10))
    recipe = tiny.recipe(loss="binary_crossentropy", label_smoothing=0.2, class_weight=weights, l2=0.01)
    learner = new_learner(recipe, problem_of(splits), 4, 0, np.array(weights))
    images, labels = splits.x_train[:16], splits.y_train[:16]
    logits = logits_of(learner, images)
    targets = 0.8 * np.eye(10)[labels] + 0.02
    chances = 1 / (1 + np.exp(-logits))
    each = -(targets * np.log(chances) + (1 - targets) * np.log(1 - chances)).mean(axis=1)
    kernels = [np.array(one, "float64") for one in learner.trainable if one.path.endswith("kernel")]
    penalty = 0.01 * sum((kernel**2).sum() for kernel in kernels)
    found = float(learner.objective(images, labels)[0])
    assert found == pytest.approx((labels * each).mean() + penalty, rel=1e-4)


def test_a_mixed_image_has_the_mean_weight_of_its_classes(splits):
    """Half of the batch's images are another class's: cutmix of all of them in equal parts."""

    class Halves(keras.layers.Layer):
        def call(self, inputs):
            images, targets = inputs
            return images, (targets + keras.ops.flip(targets, axis=0)) / 2

    learner = new_learner(tiny.recipe(), problem_of(splits), 4, 0, np.arange(10.0))
    learner = learner.__class__(**{**learner.__dict__, "mix": Halves()})
    images, labels = splits.x_train[:16], splits.y_train[:16]
    logits = logits_of(learner, images)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = (np.eye(10)[labels] + np.eye(10)[labels[::-1]]) / 2
    expected = (-(targets * logs).sum(axis=1) * (labels + labels[::-1]) / 2).mean()
    assert float(learner.objective(images, labels)[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"loss": "focl"}, "categorical_crossentropy"),
        (
            {"loss": {"name": "binary_crossentropy", "gamma": 2}},
            "expected loss focal beside it, found binary",
        ),
        ({"loss": {"gamma": 2}}, "expected loss focal beside it, found categorical"),
        ({"loss": {"name": "focal", "gamma": -1}}, "greater than or equal to 0"),
        ({"class_weight": "balance"}, "expected balanced, a list of numbers"),
        ({"class_weight": [1.0, -1.0]}, "expected balanced, a list of numbers"),
        ({"class_weight": [True, 1.0]}, "expected balanced, a list of numbers"),
        ({"class_weight": []}, "expected balanced, a list of numbers"),
        ({"class_weight": {"cat": 1.0}}, "expected balanced, a list of numbers"),
        ({"oversample": 1}, "expected true or false"),
    ],
)
def test_what_is_no_loss_and_no_weight_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Recipe(**fields)


def test_a_loss_may_be_named_alone_and_the_usual_one_is_left_out_of_the_hash():
    def content(recipe: Recipe) -> tuple[dict, str]:
        trial: Trial = tiny.trial_of(recipe)
        return recipe.model_dump(mode="json", exclude_defaults=True), trial.config_hash

    usual = content(Recipe())
    assert content(Recipe(loss="categorical_crossentropy", class_weight=None, oversample=False)) == usual
    named, hashed = content(Recipe(loss="focal"))
    assert named == {"loss": {"name": "focal", "gamma": 2.0, "alpha": 1.0}} and hashed != usual[1]
    assert content(tricks.apply("focal_loss", Recipe(), {}))[1] == hashed
    for recipe in (Recipe(loss="focal"), Recipe(class_weight={0: 1, 3: 5}), Recipe(class_weight=[1, 2])):
        again = Recipe.model_validate_json(recipe.model_dump_json())
        assert again == recipe and content(again) == content(recipe)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_train_the_same(backend, tmp_path):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    import objective_on_backend

    file = tmp_path / "out.npz"
    environment = tiny.environment() | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [tiny.ready(backend), objective_on_backend.__file__, str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found, here = np.load(file), objective_on_backend.figures()
    assert set(found) == set(here)
    assert here["float16/scale"] == 2.0**59 and here["float16/steps"] == 5
    for name, expected in here.items():
        tolerance = 1e-2 if name.startswith("float16") else 1e-4
        np.testing.assert_allclose(found[name], expected, rtol=tolerance, atol=tolerance, err_msg=name)
