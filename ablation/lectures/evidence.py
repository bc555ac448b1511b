"""What else lies in `results/reference` than studies, as text: timings, kills, simulations, the driver's price."""

import json
import re
from pathlib import Path

import pandas as pd

from ablation.analysis.intervals import ALPHA, LEVEL
from ablation.errors import UserError
from ablation.lectures.quote import table
from ablation.places import REFERENCE


def speed(bench: str, folder: Path = REFERENCE) -> dict[str, str]:
    """How fast networks train, from a folder of `ablation bench`.

    Args:
        bench: its name in `bench`.
        folder: of the reference runs.

    Returns:
        ours over the deck's script and over PyTorch, smallest to largest median, or of one network its median and
        extremes; the share of the machine's ceiling that trials side by side reach (median), where it was taken; and
        what was timed on what.
    """
    found = pd.read_csv(folder / "bench" / bench / "bench.csv")
    about = json.loads((folder / "bench" / bench / "manifest.json").read_text(encoding="utf-8"))

    def span(column: str) -> str:
        if len(found) > 1:
            return f"{found[column].min():.2g} to {found[column].max():.2g} times"
        one = found.iloc[0]
        return f"{one[column]:.2f} times ({one[f'{column}_low']:.2f} to {one[f'{column}_high']:.2f})"

    share = "at_once_share_of_ceiling"
    return {
        "to_lecture": span("to_lecture"),
        "to_pytorch": span("to_pytorch"),
        **({"share": f"{100 * found[share].median():.0f} %"} if share in found else {}),
        "scale": f"{about['size']}, {about['device']}, medians of n = {about['rounds']} turns,"
        f" commit {about['git_commit'][:7]}",
    }


def killed(backend: str, folder: Path = REFERENCE) -> str:
    """What the torture of a backend ended with: "40 of 40 studies identical after 159 kills"."""
    text = (folder / "torture" / f"{backend}.txt").read_text(encoding="utf-8")
    found = re.search(r"^(\d+ of \d+) identical \(\w+, (\d+) kills\)$", text, re.MULTILINE)
    if not found:
        raise UserError(
            f"torture/{backend}.txt: expected a line 'N of N identical (backend, N kills)'; found none"
        )
    return f"{found[1]} studies end with the same tables after {found[2]} kills"


def simulated(folder: Path = REFERENCE) -> dict[str, str]:
    """The simulations of the verdicts: family-wise error of a single look and coverage, what is aimed at and what came
    out over all scenarios."""
    text = (folder / "statistics" / "simulation.txt").read_text(encoding="utf-8")
    pattern = r"^(.+?)\s{2,}(independent|ladder)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)$"
    rows = re.findall(pattern, text.partition("\n2. ")[0], re.MULTILINE)
    if not rows:
        raise UserError("statistics/simulation.txt: expected its first table; found none")
    errors, covered = [float(row[5]) for row in rows], [float(row[6]) for row in rows]
    runs = re.search(r"(\d+) replications", text)
    return {
        "aim": f"{100 * ALPHA:.0f} %",
        "level": f"{100 * LEVEL:.0f} %",
        "error": f"{min(errors):.1f} to {max(errors):.1f} %",
        "plain": f"{min(float(row[4]) for row in rows):.1f} to {max(float(row[4]) for row in rows):.1f} %",
        "cover": f"{min(covered):.1f} to {max(covered):.1f} %",
        "scale": f"{len(rows)} settings, n = {int(runs[1]):,} replications each" if runs else "",
    }


def dispatch(folder: Path = REFERENCE) -> str:
    """What the driver costs a trial, as a Markdown table, from `scale/dispatch.csv`."""
    found = pd.read_csv(folder / "scale" / "dispatch.csv")
    cells = [
        (row.executor, f"{row.trials:,}", f"{row.driver_ms_per_trial:.1f} ms", f"{row.wall_ms_per_trial:.1f} ms",
         f"{row.memory_mb_at_the_end:.0f} MB", f"{row.second_run_seconds:.0f} s")
        for row in found.itertuples()
    ]  # fmt: skip
    head = (
        "executor",
        "trials",
        "processor time a trial",
        "clock's time a trial",
        "memory at the end",
        "a second run",
    )
    return table(head, cells, right=(1, 2, 3, 4, 5))


def step_time(folder: Path = REFERENCE) -> dict[str, str]:
    """What a training step of the study `fast` costs by what computes it, from `bench/fast/steps.csv`.

    Returns:
        The table, Markdown, and what was timed on what.
    """
    found = pd.read_csv(folder / "bench" / "fast" / "steps.csv")
    cells = [
        (row.form, f"{row.ms:,} ms", f"{row.ratio:.2f}", f"{row.ratio_low:.2f} to {row.ratio_high:.2f}")
        for row in found.itertuples()
    ]
    head = ("computed by", "processor time a step", "ratio", "smallest to largest")
    first = found.iloc[0]
    scale = f"preset {first.preset}, {first.device}, one thread, medians of n = {first.turns} turns"
    scale += f", commit {first.git_commit[:7]}"
    return {"table": table(head, cells, right=(1, 2, 3)), "scale": scale}
