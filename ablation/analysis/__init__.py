"""Statistics on the tables of a results folder: no plotting, no Keras.

`intervals`, `power`, `cost` and `attribution` work on arrays; each table is one file, rebuilt from a results folder.
"""

from ablation.analysis.budgets import budgets
from ablation.analysis.contributions import contributions
from ablation.analysis.costs import costs
from ablation.analysis.protocols import protocols
from ablation.analysis.summary import summary

__all__ = ["budgets", "contributions", "costs", "protocols", "summary"]
