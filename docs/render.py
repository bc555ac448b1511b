"""README.md and the pages of docs/ from their templates: every figure in them is read from results/reference.

python docs/render.py            # writes what changed
python docs/render.py --check    # writes nothing, exit code 1 where a page is not what its template gives
"""

import inspect
import re
import sys
import textwrap
from collections import Counter
from math import isnan
from pathlib import Path
from statistics import median
from typing import Any, get_args

import jinja2
import yaml
from pydantic import BaseModel

from ablation import measures, recipe, tricks
from ablation.analysis import verdicts
from ablation.analysis.measured import looks_of
from ablation.cli.parser import COMMANDS
from ablation.data.sizes import Sizes
from ablation.lectures import effects, evidence, quote
from ablation.networks import families
from ablation.study import load, schema, tuning
from ablation.wording import FRACTION, difference, factor, first_line, signed

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "docs" / "templates"
README = "README.md.j2"
WIDTH = 118


def pages() -> dict[Path, str]:
    """Each page that has a template, and its text."""
    return {_place(one): render(one) for one in sorted(TEMPLATES.glob("**/*.md.j2"))}


def render(template: Path) -> str:
    """The text of a template; a figure without a row fails."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found = environment.get_template(template.relative_to(TEMPLATES).as_posix()).render(**names())
    return "\n\n".join(_filled(block) for block in _blocks(found)) + "\n"


def names() -> dict[str, Any]:
    """What a template may name."""
    measured = yaml.safe_load((ROOT / "docs" / "measured.yaml").read_text(encoding="utf-8"))
    return {
        "measured": measured,
        "run": quote.quoted,
        "quote": quote,
        "evidence": evidence,
        "again": again,
        "commands": COMMANDS,
        "tricks": tricks,
        "effects": effects,
        "overview": overview,
        "pooled": pooled,
        "measured_table": measured_table,
        "published_table": published_table,
        "measures_table": measures_table,
        "fields": fields,
        "parts": parts,
        "said": said,
        "recipe": recipe,
        "families": families,
        "Sizes": Sizes,
        "schema": schema,
        "tuning": tuning,
    }


def measures_table() -> str:
    """What a study may name among its measures, a row each."""
    lines = ["| measure | what | better | margin | classes |", "|---|---|---|---|---|"]
    for name in measures.choices():
        one = measures.get(name)
        classes = f"{one.fewest_classes} or more" if one.fewest_classes > 2 else "any"
        better = "higher" if one.higher_is_better else "lower"
        lines.append(f"| `{name}` | {one.title} | {better} | {one.scale.size(one.margin)} | {classes} |")
    lines.append(
        f"| `{measures.CLASS_RECALL}` | Recall of each class | higher | {FRACTION.size(0.01)} | any |"
    )
    return "\n".join(lines)


def fields(model: type[BaseModel]) -> str:
    """The keys of a part of a study file, a row each: default and meaning, as its docstring has them."""
    told = re.split(r"^Attributes:$", inspect.getdoc(model) or "", flags=re.MULTILINE)[-1]
    meanings: dict[str, str] = {}
    for names, text in re.findall(r"^    (\w[\w, ]*): (.*(?:\n     +.*)*)", told, re.MULTILINE):
        meanings |= {name.strip(): " ".join(text.split()) for name in names.split(",")}
    lines = ["| key | unless given | what |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        default = "needed" if field.is_required() else _default(field.get_default(call_default_factory=True))
        lines.append(f"| `{key}` | {default} | {meanings[name].replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def parts(place: str, model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    """The parts that a part of a study file may have, and theirs, each under its key."""
    found: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, recipe.Frozen) and kind is not recipe.Layer:
                key = f"{place}.{name}"
                found += [(key, kind), *parts(key, kind)]
    return found


def said(model: type[BaseModel]) -> str:
    """What a part of a study file is: its docstring as far as its fields."""
    return (inspect.getdoc(model) or "").partition("\n\nAttributes:")[0]


def _default(value: Any) -> str:
    """A default as a table shows it; what is empty or a part of its own is a dash."""
    if isinstance(value, recipe.Layer) and not value.options:
        return f"`{value.path}`"
    if isinstance(value, tuple) and value:
        return f"`{list(value)}`"
    plain = isinstance(value, str | int | float) and value != ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if plain else "–"


def _blocks(text: str) -> list[str]:
    """What blank lines part, fenced code in one piece."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if line or fenced:
            blocks[-1].append(line)
        else:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _filled(block: str) -> str:
    """A paragraph wrapped anew, since figures change its lines; lists, tables, code and headings as they are."""
    if re.match(r"[-|#>!`<]|\d+\. |\[!", block):
        return block
    return textwrap.fill(block, WIDTH, break_long_words=False, break_on_hyphens=False)


def again(run: quote.Quoted) -> str:
    """The command that does a reference run again, all its designs on the same data."""
    seeds = "--resolve" if looks_of(run.manifest) else f"--seeds {run.n}"
    own = load(run.study)
    dataset = run.manifest["dataset"]["name"]
    told = [
        *([f"--dataset {dataset}"] if dataset != own.dataset else []),
        f"--preset {run.manifest['preset']}",
        *([f"--design {','.join(designs)}"] if (designs := run.designs) != [own.design] else []),
        seeds,
    ]
    return f"ablation run {run.study} {' '.join(told)}"


def overview() -> str:
    """Every trick in a row: what the reference runs found that add it alone, and what others published."""
    rows = []
    for name in tricks.names():
        found, together = effects.measured(name), effects.pooled(name)
        times = [one.effect.time[0] for one in found if not isnan(one.effect.time[0])]
        if together is not None and together.runs > 1:
            change = difference(together.mean, together.low, together.high)
        else:
            change = " ".join(
                difference(one.effect.value, one.effect.low, one.effect.high) for one in found[:1]
            )
        rows.append(
            (
                f"[`{name}`](#{name})",
                first_line(tricks.card(name)),
                change or "–",
                tally(found),
                str(sum(one.effect.n for one in found) or "–"),
                factor(median(times)) if times else "–",
                published_range(name),
            )
        )
    head = ("trick", "what", "change of test accuracy", "verdicts", "n", "training time", "published")
    return quote.table(head, rows, right=(4, 5, 6))


def tally(found: list[effects.Measured]) -> str:
    """How many comparisons came to which verdict: "helps 6, open 1"."""
    kinds = Counter("by learning" if one.effect.learning else one.effect.kind for one in found)
    return (
        ", ".join(f"{kind} {kinds[kind]}" for kind in (*verdicts.KINDS, "by learning") if kinds[kind]) or "–"
    )


def published_range(trick: str) -> str:
    """What others say it adds to test accuracy, in points, from least to most."""
    found = sorted(one.after - one.before for one in effects.published(trick))
    return " to ".join(dict.fromkeys(_points(one) for one in (found[0], found[-1]))) if found else "–"


def _points(change: float) -> str:
    """A published change, which is in percent already, with the digits that accuracies are published with."""
    return f"{change:+.2f}".replace("-", "−")


def pooled(trick: str) -> str:
    """A trick's pooled effect in words."""
    found = effects.pooled(trick)
    if found is None or found.runs == 1:
        return "one comparison."
    return (
        f"{difference(found.mean, found.low, found.high)} points over n = {found.runs} comparisons, which go from"
        f" {signed(found.smallest)} to {signed(found.largest)}."
    )


def measured_table(found: list[effects.Measured]) -> str:
    """The comparisons behind a pooled effect."""
    rows = [
        (
            f"{one.run.study}, {one.step}",
            one.run.scale,
            one.effect.cell,
            factor(*one.effect.time),
            str(one.effect.n),
        )
        for one in found
    ]
    head = ("study, step", "scale", "change of test accuracy", "training time", "pairs")
    return quote.table(head, rows, right=(4,))


def published_table(trick: str) -> str:
    """What others published of a trick."""
    rows = [
        (
            one.what,
            one.network,
            f"{one.before} → {one.after} %",
            _points(one.after - one.before),
            one.n,
            one.source,
        )
        for one in effects.published(trick)
    ]
    return quote.table(("published", "network", "test accuracy", "points", "n", "source"), rows, right=(2, 3))


def _place(template: Path) -> Path:
    name = template.relative_to(TEMPLATES).as_posix().removesuffix(".j2")
    return ROOT / name if template.name == README else ROOT / "docs" / name


def main() -> int:
    changed = {
        place: text
        for place, text in pages().items()
        if not place.exists() or place.read_text(encoding="utf-8") != text
    }
    for place, text in changed.items():
        if "--check" not in sys.argv:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        print(place.relative_to(ROOT))
    return int("--check" in sys.argv and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
