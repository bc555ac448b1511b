"""What the report of a results folder says, without the files that it would write."""

from pathlib import Path

from ablation.report import findings, page, sheets, text
from ablation.results.read import load


def page_of(path: Path) -> str:
    """The `report.html` that a folder's report would be, without the files beside it."""
    return page.html(findings.collect(load(path)))


def markdown_of(path: Path) -> str:
    """The `report.md` that a folder's report would be, without figures."""
    found = findings.collect(load(path))
    return text.markdown(found, (), sheets.sheets(found))
