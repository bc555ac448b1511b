"""Recipe: the frozen, complete description of one network and of how it is trained.

A recipe is plain data. It names Keras classes by their import path instead of holding them, so it can be compared
field by field, hashed and printed without importing Keras; `ablation.networks.build` turns it into a model.
"""

from ablation.recipe.loss import ClassWeight, Loss
from ablation.recipe.network import Backbone, Network, Whitening
from ablation.recipe.phases import Freeze, Pretraining, WarmUp
from ablation.recipe.prediction import LogitViews, Prediction
from ablation.recipe.training import PIECEWISE, Clip, EarlyStopping, Lookahead, Rates, Training
from ablation.recipe.values import (
    Epochs,
    Frozen,
    Layer,
    NonNegative,
    Positive,
    PositiveInt,
    Probability,
    Rate,
    check_kinds,
)
from ablation.recipe.whole import Recipe

__all__ = [
    "PIECEWISE",
    "Backbone",
    "ClassWeight",
    "Clip",
    "EarlyStopping",
    "Epochs",
    "Freeze",
    "Frozen",
    "Layer",
    "LogitViews",
    "Lookahead",
    "Loss",
    "Network",
    "NonNegative",
    "Positive",
    "PositiveInt",
    "Prediction",
    "Pretraining",
    "Probability",
    "Rate",
    "Rates",
    "Recipe",
    "Training",
    "WarmUp",
    "Whitening",
    "check_kinds",
]
