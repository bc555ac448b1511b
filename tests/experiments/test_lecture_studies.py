"""The studies hold the networks of the slides, at the lecture's own sizes."""

from ablation import study
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Recipe


def recipe(name: str, step: str) -> Recipe:
    planned = study.plan(study.load(name), preset="full", dataset="cifar10", steps=[step])
    return planned[0].setting.recipe


def parameters(one: Recipe, side: int = 32) -> int:
    return sum(node.parameters for node in layout(one, blank_problem((side, side, 3), 10)))


def kinds(one: Recipe) -> list[str]:
    return [node.layer.kind for node in layout(one, blank_problem((32, 32, 3), 10))]


def test_a12_like_vgg16_has_the_published_parameters():
    assert parameters(recipe("trainability", "vgg16_like")) == 21_034_826


def test_a11_vgg16_itself_on_244_pixels_has_the_published_parameters():
    vgg16 = Recipe(widths=(64, 128, 256, 512, 512), convs_per_block=(2, 2, 3, 3, 3), head=(4096, 4096))
    assert parameters(vgg16, side=244) == 134_301_514


def test_a4_a5_and_a6_count_by_hand():
    convs = 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256) + 2 * (64 + 128 + 256)
    six = convs + (4 * 4 * 256 + 1) * 512 + 513 * 10
    assert (
        parameters(recipe("trainability", "sigmoid_6")) == parameters(recipe("trainability", "relu_6")) == six
    )
    assert recipe("trainability", "relu_12").block_convs() == (3, 3, 3, 3)


def test_each_fix_stands_alone_on_a6():
    broken = recipe("trainability", "relu_12")
    fixes = {
        "standardize": {"scaling"},
        "batch_norm": {"norm", "norm_position"},
        "he_init": {"initializer"},
        "residual": {"shortcut"},
    }
    for step, fields in fixes.items():
        assert set(recipe("trainability", step).changes_from(broken)) == fields
    order = kinds(recipe("trainability", "batch_norm"))
    assert order[1:4] == ["Conv2D", "Activation", "BatchNormalization"]


def test_the_depth_sweep_puts_every_fix_on_every_depth():
    steps = study.plan(study.load("trainability_depth"), preset="full", dataset="cifar10")
    depths = {step.setting.recipe.convs_per_block for step in steps}
    assert depths == {2, 3, 4, 6, 8} and len(steps) == 5 * len(depths)
    for step in steps:
        name, _, depth = step.step.rpartition("_")
        assert step.setting.recipe.convs_per_block == int(depth)
        assert name == "plain" or step.base == f"plain_{depth}"


def test_the_2023_ladder_ends_at_the_lecture_s_filters():
    widths = [
        step.setting.recipe.widths
        for step in study.plan(study.load("generalization_2023"), preset="full", dataset="cifar10")
    ]
    assert len(widths) == 11
    assert (
        widths[0] == (32, 64, 128, 256)
        and widths[8] == (64, 128, 256, 512)
        and widths[10] == (128, 256, 512, 1024)
    )


def test_network_d_is_the_slide_s():
    one = recipe("regularization", "dropout")
    unit = ["Conv2D", "Activation", "BatchNormalization"]
    head = ["Dense", "Activation", "BatchNormalization", "Dropout"]
    block = [*unit, *unit, "MaxPooling2D", "Dropout"]
    assert kinds(one) == ["Rescaling", *block, *block, "Flatten", *head, "Dense"]
    assert one.activation == "elu" and one.learning_rate == 0.01
    assert one.optimizer.options == {"momentum": 0.9, "nesterov": True}


def test_unlimited_data_is_the_same_work_for_every_size():
    for preset in ("full", "quick"):
        steps = study.plan(study.load("unlimited"), preset=preset, dataset="shapes")
        sizes = [step.setting.sizes.train for step in steps]
        assert sizes == [1000 * 2**power for power in range(7)]
        assert len({size * step.setting.recipe.epochs for size, step in zip(sizes, steps, strict=True)}) == 1


def test_steps_that_only_change_the_prediction_train_like_their_base():
    steps = {
        step.step: step for step in study.plan(study.load("inference"), preset="full", dataset="cifar10")
    }
    for name in ("flips", "crops", "scales", "all_views", "dropout_noise", "pooling_draws"):
        changes = steps[name].setting.recipe.changes_from(steps[steps[name].base].setting.recipe)
        assert set(changes) == {"predict"}
