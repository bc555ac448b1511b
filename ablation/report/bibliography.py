"""What the cards of the tricks cite, as BibTeX."""

import functools
import re
from pathlib import Path
from typing import Any

import yaml

from ablation.report.findings import Findings


@functools.cache
def sources() -> dict[str, dict[str, str]]:
    """What cards cite, by their words: BibTeX fields, with `key` and `kind`."""
    text = (Path(__file__).parent / "citations.yaml").read_text(encoding="utf-8")
    return {
        name: {key: str(value) for key, value in entry.items()}
        for name, entry in yaml.safe_load(text).items()
    }


def cited(card: str) -> list[dict[str, str]]:
    """The sources that a card names, in its order."""
    source = re.search(r"Source:(.*?)(?:\n\s*\n|\n\s*[A-Z][\w ]*:|\Z)", card, re.DOTALL)
    words = " ".join(source[1].split()) if source else ""
    there = [(words.find(name), entry) for name, entry in sources().items() if name in words]
    return [entry for _, entry in sorted(there, key=lambda one: one[0])]


def citation_keys(found: Findings, row: Any) -> list[str]:
    """BibTeX keys of the tricks that a row's own step adds."""
    tricks = found.step(row.design, row.step)["tricks"]
    return list(dict.fromkeys(one["key"] for trick in tricks for one in cited(trick["card"])))


def bibtex(found: Findings) -> str:
    """The sources of the tricks in the table, an entry each, by key."""
    cards = [
        trick["card"]
        for row in found.rungs.itertuples()
        for trick in found.step(row.design, row.step)["tricks"]
    ]
    entries = {one["key"]: one for card in cards for one in cited(card)}
    return "\n".join(map(_entry, (entries[key] for key in sorted(entries))))


def _entry(entry: dict[str, str]) -> str:
    # A second pair of braces keeps the capitals of a title, which BibTeX's styles lower.
    fields = [
        f"  {name} = {{{{{value}}}}}" if name == "title" else f"  {name} = {{{value}}}"
        for name, value in entry.items()
        if name not in ("key", "kind")
    ]
    return f"@{entry['kind']}{{{entry['key']},\n" + ",\n".join(fields) + "\n}\n"
