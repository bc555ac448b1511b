"""build/docs: the pages and every file they link to, at the same paths as here, for `mkdocs build`.

A link to a file that is missing is left as it is, so that the strict build fails on it.
"""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "docs"
BADGE = re.compile(
    r"^\[!\[CI\]\(\.\./\.\./actions.*\n", re.MULTILINE
)  # GitHub's own, relative to the repository there
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def main() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    waiting = [ROOT / "README.md", ROOT / "docs" / "site.css", *sorted((ROOT / "docs").rglob("*.md"))]
    done: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in done or not file.is_file() or ROOT not in file.parents:
            continue
        done.add(file)
        target = BUILD / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
        if file.suffix == ".md":
            text = BADGE.sub("", file.read_text(encoding="utf-8"))
            target.write_text(text, encoding="utf-8")
            found = LINK.findall(text)
            waiting += [(file.parent / one).resolve() for one in found if "://" not in one]


if __name__ == "__main__":
    main()
