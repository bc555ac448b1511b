"""README's two pictures of the reference ladder: the end of its run in a terminal, its report's first screen.

    python docs/pictures.py

The second takes Chromium; without it only the first is drawn.
"""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from ablation import report
from ablation.lectures import quote
from ablation.report import findings, page
from ablation.results import read

PICTURES = Path(__file__).resolve().parent / "pictures"
COLUMNS = 80
SCREEN = (1280, 900)


def terminal(run: quote.Quoted) -> str:
    """The end of a run's terminal output as SVG: the table and the answer, by the code that prints them."""
    closing = report.closing(read.load(run.folder))
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True)
    designs = ",".join(dict.fromkeys(step["design"] for step in run.manifest["steps"]))
    given = f"--preset {run.manifest['preset']} --seeds {run.n} --design {designs}"
    console.print(f"[bold]$[/] ablation run {run.study} {given}", highlight=False)
    console.print(closing.table)
    console.print(closing.headline, highlight=False)
    return console.export_svg(title="ablation", unique_id="ablation") + "\n"


def screen(run: quote.Quoted, place: Path) -> bool:
    """The first screen of a run's report as PNG; whether there is a Chromium to draw it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder) / "report.html"
        html.write_text(page.html(findings.collect(read.load(run.folder))), encoding="utf-8")
        size = f"--window-size={SCREEN[0]},{SCREEN[1]}"
        options = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
            size,
        ]
        subprocess.run(
            [chromium, *options, f"--screenshot={place}", html.as_uri()], check=True, capture_output=True
        )
    return True


def main() -> None:
    run = quote.quoted("generalization")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "terminal.svg").write_text(terminal(run), encoding="utf-8")
    if not screen(run, PICTURES / "report.png"):
        print("docs/pictures/report.png is as it was: no Chromium found")


if __name__ == "__main__":
    main()
