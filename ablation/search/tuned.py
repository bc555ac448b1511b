"""`tuned.yaml`: the default and the recipe that was found, as a study of two steps."""

from pathlib import Path
from typing import Any

from ablation.search.base import Base, fields, sections
from ablation.search.page import header
from ablation.search.stages import FINE
from ablation.search.table import best_points
from ablation.study.yaml_file import to_yaml


def tuned_study(base: Base, notes: dict[str, Any], folder: Path) -> str:
    """The default and the recipe that was found, as a study of two steps.

    Raises:
        UserError: no trial of the fine stage is done.
    """
    best = best_points(notes, folder, FINE)[0]
    default, tuned = base.at({}).setting, base.at(best).setting.recipe
    changes = set(tuned.changes_from(default.recipe))
    content = {
        "study": f"{base.study.study[:58]}_tuned",
        "title": f"{notes['title']}: default and tuned",
        "question": f"What does tuning {', '.join(best)} buy?",
        "dataset": base.dataset,
        "designs": ["cumulative"],
        "presets": {base.preset: {}},
        **base.study.model_dump(
            mode="json", include={"measures", "primary_measure", "margin"}, exclude_defaults=True
        ),
        **sections(default),
        "ladder": [
            {"step": "default", "title": "default"},
            {"step": "tuned", "title": "tuned", **fields(tuned, changes)},
        ],
    }
    text = to_yaml(content, sort_keys=False, width=110, default_flow_style=None)
    return "".join(f"# {line}".rstrip() + "\n" for line in header(notes, folder)) + text
