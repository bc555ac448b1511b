"""The fast studies hold the published network, training and order of tricks."""

import pytest

from ablation import study
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Layer, LogitViews, Lookahead, Rates, Recipe, Whitening


def recipes(name: str, design: str = "") -> dict[str, Recipe]:
    planned = study.plan(study.load(name), preset="full", dataset="cifar10", design=design)
    return {step.step: step.setting.recipe for step in planned}


def flops(recipe: Recipe) -> int:
    return sum(node.flops for node in layout(recipe, blank_problem((32, 32, 3), 10)))


def test_the_last_rung_is_the_published_recipe():
    steps = recipes("fast")
    assert list(steps) == [
        "plain", "whitening", "dirac_init", "bias_rate", "lookahead", "multi_view", "alternating_flip",
    ]  # fmt: skip
    last = steps["alternating_flip"]
    assert (last.learning_rate, last.gradient_l2, last.batch_size, last.epochs) == (1.5, 0.00133, 1024, 9.9)
    assert last.optimizer.options == {"momentum": 0.85, "nesterov": True} and last.label_smoothing == 0.2
    assert last.total_steps(50_000 // 1024) == 476
    assert last.schedule.options == {
        "total_steps": "total",
        "peak_step": "0.23 total",
        "start": 0.2,
        "end": 0.07,
    }
    assert (last.whitening, last.lookahead) == (Whitening(), Lookahead(every=5, decay=0.95, power=3))
    assert last.rates == Rates(beta=64) and last.initializer == Layer.of("ablation.initializers.Dirac")
    assert last.predict.logit_views == LogitViews(shift=1, weight=0.5) and last.alternating_flip
    assert [(one.kind, one.options) for one in last.augment] == [
        ("RandomPadCrop", {"padding": 2, "edges": "reflect"})
    ]
    assert last.norm.options == {"momentum": 0.6, "epsilon": 1e-5, "scale": False}


@pytest.mark.parametrize("design", ["leave-one-out", "add-one"])
def test_every_trick_is_taken_out_and_added_alone(design):
    steps = recipes("fast", design)
    base, *others = steps.values()
    changes = [set(one.changes_from(base)) for one in others]
    assert changes == [
        {"whitening"}, {"initializer"}, {"rates"}, {"lookahead"}, {"predict"}, {"alternating_flip", "augment"},
    ]  # fmt: skip


def test_what_a_training_costs_is_what_was_published():
    """Three times the forward pass, 50,000 images an epoch."""
    petaflops = {
        name: 3 * flops(one) * one.epochs * 50_000 / 1e15
        for name, one in (recipes("fast") | recipes("fast_95")).items()
    }
    assert petaflops["plain"] == pytest.approx(0.36, abs=0.02)
    assert petaflops["random_flip"] == pytest.approx(1.39, abs=0.04)
