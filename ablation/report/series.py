"""What several figures show: names of rungs, learning curves, intervals as whiskers."""

import numpy as np
import pandas as pd

from ablation.report.findings import Findings
from ablation.report.style import BLUE, GREEN, ORANGE

TEST, VAL, TRAIN = BLUE, GREEN, ORANGE
CURVES = (("accuracy", TRAIN, "train (running)"), ("val_accuracy", VAL, "validation"))


def titles(found: Findings) -> list[str]:
    """The names of the rungs that are drawn, for people."""
    return [found.title(row) for row in found.drawn.itertuples()]


def told(found: Findings, what: str, values: list[str]) -> str:
    """Words for who cannot see a figure: what it shows, and a value for each rung that is drawn."""
    return (
        f"{what}: {'; '.join(f'{name} {value}' for name, value in zip(titles(found), values, strict=True))}."
    )


def curve(found: Findings, design: str, step: str, column: str) -> pd.DataFrame:
    """A column of `epochs.csv` for the done trials of a step: a row an epoch, a column a seed."""
    curves = found.curves
    if (column, design, step) not in curves:
        return pd.DataFrame()
    return curves[column, design, step].dropna(how="all")


def mean_curve(seeds: pd.DataFrame) -> pd.Series:
    """Mean over seeds by epoch, as far as all of them went."""
    return seeds.dropna().mean(axis=1)


def whiskers(table: pd.DataFrame, mean: str, prefix: str) -> np.ndarray:
    """Distances from the mean down and up to its interval, shape (2, rows); 0 where there is no interval."""
    down, up = table[mean] - table[f"{prefix}low"], table[f"{prefix}high"] - table[mean]
    return np.nan_to_num(np.array([down, up], float).clip(min=0))
