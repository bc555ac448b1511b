"""A page over all runs of a results tree: study, data, preset, seeds, headline, and a link to each report."""

from pathlib import Path
from urllib.parse import quote

from markupsafe import escape

from ablation.errors import UserError
from ablation.report import findings, headline
from ablation.results.manifest import images_told
from ablation.results.read import load
from ablation.wording import printable

HEAD = ("study", "data", "preset", "seeds", "trials", "result")
MARK = '<meta name="generator" content="ablation overview">'
STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")


def html(root: Path) -> str:
    """The page.

    Raises:
        UserError: there is no run under the folder.
    """
    runs = sorted(file.parent for file in root.rglob("manifest.json"))
    if not runs:
        raise UserError(f"{root}: no results in it; expected a folder like results/ with runs below")
    rows = "\n".join(f"<tr>{''.join(_row(root, run))}</tr>" for run in runs)
    heads = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'{MARK}<meta name="viewport" content="width=device-width, initial-scale=1"><title>Results</title>'
        f"<style>{STYLE}</style></head><body><h1>Results</h1>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
        "</body></html>\n"
    )


def _row(root: Path, run: Path) -> list[str]:
    place = run.relative_to(root).as_posix()
    try:
        results = load(run)
    except UserError as error:
        return [f'<th scope="row">{escape(place)}</th><td colspan="5">{escape(printable(str(error)))}</td>']
    try:
        told = headline.headline(findings.collect(results))
    except UserError:
        told = "no trial is done"
    manifest = results.manifest
    title = escape(printable(manifest["study"]["title"]))
    page = run / "report.html"
    name = f'<a href="{quote(place)}/report.html">{title}</a>' if page.exists() else str(title)
    done = int((results.trials["status"] == "done").sum())
    cells = (
        images_told(manifest["dataset"]),
        manifest["preset"],
        len(manifest["seeds"]),
        f"{done} of {len(manifest['trials'])}",
        told,
    )
    return [f'<th scope="row">{name}</th>', *(f"<td>{escape(printable(str(one)))}</td>" for one in cells)]
