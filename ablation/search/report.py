"""What a search found: table, figures, page, rebuilt from its folder alone; no Keras, no Optuna.

results/<study>/tune-<dataset>-<preset>/
    tune.json               what was searched: spaces and points of every stage
    coarse/, fine/          a results folder each (or one a sampler, where samplers are compared)
    tune.csv, tune.md, figures/   derived
    tuned.yaml              the default and the recipe that was found, for `ablation run`
"""

from pathlib import Path

from ablation.files import write_atomically
from ablation.report import style
from ablation.search import figures, page
from ablation.search.notes import NOTES, read
from ablation.search.table import table

__all__ = ["NOTES", "answer", "write"]


def write(folder: Path) -> list[Path]:
    """Write `tune.csv`, `tune.md` and the figures.

    Returns:
        The files written.

    Raises:
        UserError: it is no search's folder, or it cannot be written.
    """
    notes = read(folder)
    found = table(notes, folder)
    drawn = {name: style.png(figure) for name, figure in figures.drawings(notes, found).items()}
    files: dict[str, bytes | str] = {
        "tune.csv": found.to_csv(index=False, float_format="%.12g"),
        **{f"figures/{name}.png": image for name, image in drawn.items()},
        "tune.md": page.page(notes, found, tuple(drawn)),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def answer(folder: Path) -> str:
    """What the search found, in two sentences; empty before a trial is done.

    Raises:
        UserError: it is no search's folder.
    """
    notes = read(folder)
    return page.answer(notes, table(notes, folder))
