"""Controls: by hand on networks small enough to count."""

import pytest

from ablation.errors import UserError
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Recipe
from ablation.study import Study, controls, load, plan
from ablation.study.controls import matched_compute, matched_parameters, with_controls

PROBLEM = blank_problem((8, 8, 1), 2)


def recipe(**fields):
    """One block of one convolution on 8x8 grey images of two classes, no dense layer in between, unless said."""
    return Recipe(**({"widths": (2,), "convs_per_block": 1, "head": ()} | fields))


def parameters(one):
    return sum(node.parameters for node in layout(one, PROBLEM))


def flops(one):
    return sum(node.flops for node in layout(one, PROBLEM))


def test_the_sizes_that_are_matched_are_those_counted_by_hand():
    # w filters: 9w + w of the convolution, 4*4*w*2 + 2 of the classifier; FLOPs 2*9*w*64 + 2*16*w*2
    assert [parameters(recipe(widths=(w,))) for w in (1, 2, 5)] == [44, 86, 212]
    assert [flops(recipe(widths=(w,))) for w in (1, 2, 5)] == [1216, 2432, 6080]
    # a shortcut of stride 2 adds 9w + w parameters and 2*9*w*16 FLOPs
    assert parameters(recipe(shortcut="conv")) == 86 + 20
    assert flops(recipe(shortcut="conv")) == 2432 + 576


def test_a_shortcut_is_matched_by_more_filters_in_every_block():
    base = recipe(widths=(20,))  # 42 parameters and 1216 FLOPs a filter, and 2 parameters
    trick = base.replace(shortcut="conv")  # 200 parameters and 5760 FLOPs more: 4.76 and 4.74 filters
    assert matched_parameters(base, trick, PROBLEM) == ("a wider network", recipe(widths=(25,)))
    assert matched_compute(base, trick, PROBLEM) == ("a wider network", recipe(widths=(25,)))


def test_a_smaller_network_is_matched_by_fewer_filters():
    base = recipe(widths=(20,), shortcut="conv")  # 52 parameters a filter and 2
    plain = base.replace(shortcut="none")  # 842 parameters: 16.2 filters with a shortcut
    assert matched_parameters(base, plain, PROBLEM) == (
        "a narrower network",
        base.replace(widths=(16,)),
    )


def test_capacity_is_matched_by_dense_units_and_by_epochs():
    base = recipe(widths=(4,), head=(10,), epochs=10)
    # 40 of the convolution, 64*u + u, 2*u + 2: u = 10 gives 712; FLOPs 2*(9*4*64 + 64*u + 2*u) = 5928
    trick = base.replace(widths=(8,))
    assert (parameters(base), parameters(trick)) == (712, 80 + 1290 + 22)
    assert (flops(base), flops(trick)) == (5928, 2 * (4608 + 1280 + 20))
    # 1392 = 42 + 67u: u = 20.15
    assert matched_parameters(base, trick, PROBLEM) == ("wider dense layers", base.replace(head=(20,)))
    # 11816 / 5928 * 10 = 19.9 epochs
    assert matched_compute(base, trick, PROBLEM) == ("a longer training", base.replace(epochs=20))


def test_a_trick_that_leaves_the_size_alone_needs_no_control():
    base = recipe(widths=(20,))
    for trick in (base.replace(l2=0.1), base.replace(widths=(20,), epochs=3)):
        assert matched_parameters(base, trick, PROBLEM) is None
        assert matched_compute(base, trick, PROBLEM) is None
    assert matched_parameters(base, base.replace(widths=(40,)), PROBLEM) is None, "there is no dense layer"


def ladder(**fields):
    steps = [
        {"step": "baseline"},
        {"step": "l2", "tricks": ["l2"]},
        {"step": "residual", "tricks": ["residual"]},
    ]
    content = {"study": "x", "network": {"widths": [20], "convs_per_block": 1, "head": []}, "ladder": steps}
    return Study.model_validate(content | fields)


def of(design, kinds, study=None):
    steps = plan(study or ladder(), preset="full", dataset="shapes", design=design)
    return with_controls(steps, kinds, (8, 8, 1), 2)


def test_controls_stand_behind_the_ladder_and_against_their_steps():
    steps = of("cumulative", controls.CONTROLS)
    assert [(step.step, step.position, step.base) for step in steps[3:]] == [
        ("aa", 3, "baseline"),
        ("residual:parameters", 4, "residual"),
        ("residual:compute", 5, "residual"),
    ]
    again, matched = steps[3], steps[4]
    assert again.setting.recipe == steps[0].setting.recipe.replace(stream=1)
    assert matched.setting.recipe == steps[1].setting.recipe.replace(widths=(25,)), "of its base, with L2"
    assert matched.control.label == "residual against a wider network, same parameters"
    assert [step.position for step in of("cumulative", ["compute"])] == [0, 1, 2, 5]


def test_each_design_gets_the_controls_that_make_sense_in_it():
    names = {
        design: [step.step for step in of(design, controls.CONTROLS) if step.control]
        for design in ("add-one", "leave-one-out", "orders", "cumulative@7")
    }
    assert names == {
        "add-one": ["aa", "residual:parameters", "residual:compute"],
        "leave-one-out": ["aa"],
        "orders": [],
        "cumulative@7": ["aa", "residual:parameters", "residual:compute"],
    }
    assert {step.setting.recipe.epochs for step in of("cumulative@7", controls.CONTROLS)} == {7}


def test_an_unknown_control_is_named():
    with pytest.raises(UserError, match="controls: unknown 'parameter'; did you mean 'parameters'"):
        of("cumulative", ["parameter"])


def test_a_control_is_matched_at_the_classes_that_are_kept():
    planned = plan(load("generalization"), preset="quick", dataset="cifar100", sets=["data.classes=[3, 5]"])
    steps = {one.step: one for one in with_controls(planned, ["parameters"], (32, 32, 3), 100)}
    problem = blank_problem((32, 32, 3), 2)
    control, trick = (
        sum(node.parameters for node in layout(steps[name].setting.recipe, problem))
        for name in ("capacity:parameters", "capacity")
    )
    assert control == pytest.approx(trick, rel=0.02)


@pytest.mark.parametrize("preset", ["quick", "full"])
def test_controls_of_the_ladder_are_as_large_as_what_they_stand_against(preset):
    problem = blank_problem((32, 32, 3), 10)
    planned = plan(load("generalization"), preset=preset, dataset="cifar10", design="cumulative")
    steps = {s.step: s for s in with_controls(planned, controls.CONTROLS, (32, 32, 3), 10)}

    def size(name, of):
        return sum(getattr(node, of) for node in layout(steps[name].setting.recipe, problem))

    for name in ("capacity", "residual"):
        assert size(f"{name}:parameters", "parameters") == pytest.approx(size(name, "parameters"), rel=0.02)
    assert size("residual:compute", "flops") == pytest.approx(size("residual", "flops"), rel=0.02)
    trained = {n: size(n, "flops") * steps[n].setting.recipe.epochs for n in ("capacity", "capacity:compute")}
    assert trained["capacity:compute"] == pytest.approx(trained["capacity"], rel=0.02)
