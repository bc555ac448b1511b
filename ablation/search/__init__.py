"""Staged search for hyperparameters (lecture E13): coarse and wide, then fine around the best, on validation alone.

A stage is a study whose steps are the search's points, run like any other: so it resumes, runs on every executor and
keeps its trials by configuration hash. Its trials have no test images: nothing here can be chosen by them.
"""

from ablation.search.ask import Search, search_of
from ablation.search.tune import Outcome, tune

__all__ = ["Outcome", "Search", "search_of", "tune"]
