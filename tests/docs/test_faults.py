"""The page of faults names tests that there are, and every kind has mends that are taken back."""

import ast
import re
from pathlib import Path

import mutations

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \|.*$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
KINDS = range(1, 18)


def names_in(file):
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_is_there():
    rows = {int(row[1]): row[0] for row in ROW.finditer((ROOT / "docs" / "faults.md").read_text("utf-8"))}
    assert list(rows) == list(KINDS)
    for kind, row in rows.items():
        assert (named := NAMED.findall(row)), kind
        assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []


def test_every_kind_has_a_mend_that_can_be_taken_back():
    assert {one.kind for one in mutations.MUTATIONS} == {*KINDS}
    for one in mutations.MUTATIONS:
        text = (ROOT / "ablation" / one.file).read_text(encoding="utf-8")
        assert text.count(one.old) == 1, f"{one.what}: {one.file} no longer has it once"
        file, _, name = one.test.partition("::")
        assert name in names_in(file), one.test
