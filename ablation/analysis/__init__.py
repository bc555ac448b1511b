"""Statistics on the tables of a results folder: no plotting, no Keras.

`intervals`, `power`, `cost` and `attribution` work on arrays; `tables` reads a results folder through them.
"""

from ablation.analysis.tables import budgets, contributions, costs, protocols, summary

__all__ = ["budgets", "contributions", "costs", "protocols", "summary"]
