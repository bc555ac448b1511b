"""A study: one YAML file, validated, and the trials that a design makes of it."""

from ablation.study.bounds import ACTIVATIONS
from ablation.study.designs.orders import draw_orders
from ablation.study.loading import STUDIES, load, names, title
from ablation.study.planned import Control, PlannedStep, Variant
from ablation.study.planning import nodes, plan, seeds_of
from ablation.study.published import PublishedAccuracy
from ablation.study.schema import PROTOCOLS, Step, Study
from ablation.study.setting import Setting
from ablation.study.tuning import Stage
from ablation.study.variants import variant, variants

__all__ = [
    "ACTIVATIONS",
    "PROTOCOLS",
    "STUDIES",
    "Control",
    "PlannedStep",
    "PublishedAccuracy",
    "Setting",
    "Stage",
    "Step",
    "Study",
    "Variant",
    "draw_orders",
    "load",
    "names",
    "nodes",
    "plan",
    "seeds_of",
    "title",
    "variant",
    "variants",
]
