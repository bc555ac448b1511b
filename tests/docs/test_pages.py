"""README and docs say what the reference runs say: no figure typed, none without scale and n, no dead link."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]*`")
PLACEHOLDER = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
TARGET = re.compile(r"\]\([^)]*\)")
UNIT = (
    r"(?:%|points?\b|min(?:utes?)?\b|hours?\b|s\b|seconds?\b|GB\b|MB\b|images/s|images a second|times\b|x\b)"
)
TYPED = re.compile(
    rf"[−+±-]?\d[\d.,]*\s?{UNIT}(?! interval)"
)  # "the 90 % interval" is a method, not a result
RESULT = re.compile(r"\d\.\d+ (?:%|points)|[+−]\d+\.\d|\d times as")
SCALE = re.compile(r"training\s+images|turns|replications|two busy\s+cores|two\s+cores|\| network \|")
WITH_N = re.compile(r"\bn\s=\s[\d,]+|\| n \|")


@pytest.fixture(scope="module")
def render():
    spec = importlib.util.spec_from_file_location("render", ROOT / "docs" / "render.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(render):
    return render.pages()


def prose(text):
    """Without code."""
    return INLINE.sub("", FENCED.sub("", text))


def typed(template):
    """The figures with a unit that stand in a template itself."""
    return TYPED.findall(TARGET.sub("]", prose(PLACEHOLDER.sub("", template))))


def unscaled(text):
    """The headings of the sections that show a result without scale or n."""
    sections = re.split(r"^(?=#+ )", prose(text), flags=re.MULTILINE)
    return [
        one.partition("\n")[0]
        for one in sections
        if RESULT.search(one) and not (SCALE.search(one) and WITH_N.search(one))
    ]


def test_pages_are_what_their_templates_and_the_reference_runs_give(pages):
    differing = [
        str(place.relative_to(ROOT))
        for place, text in pages.items()
        if not place.is_file() or place.read_text(encoding="utf-8") != text
    ]
    assert differing == [], "run `make readme`"


def test_a_figure_changed_by_hand_is_seen(pages):
    text = pages[ROOT / "README.md"]
    figure = RESULT.search(text)
    assert figure and text.replace(figure[0], "99.9 points", 1) != pages[ROOT / "README.md"]


def test_no_template_has_a_typed_figure(render):
    found = {one.name: typed(one.read_text(encoding="utf-8")) for one in render.TEMPLATES.glob("**/*.j2")}
    assert {name: figures for name, figures in found.items() if figures} == {}


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Dropout gains 3.2 points.", ["3.2 points"]),
        ("Dropout gains {{ run('x').figure }} points.", []),
        ("It takes 4 minutes and is 1.6 times as fast.", ["4 minutes", "1.6 times"]),
        ("The whole 90 % interval; `--seeds 5 %`", []),
        ("```\n5 %\n```\n−12 %", ["−12 %"]),
    ],
)
def test_what_counts_as_a_typed_figure(text, figures):
    assert typed(text) == figures


def test_every_result_has_scale_and_n_in_its_section(pages):
    assert {place.name: unscaled(text) for place, text in pages.items() if unscaled(text)} == {}


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# A\ngains 3.2 points, n = 5, 10,000 training images", []),
        ("# A\ngains 3.2 points, n = 5", ["# A"]),
        ("# A\n10,000 training images, n = 5\n# B\n+3.2", ["# B"]),
        ("# A\ngains 3.2 points of 10,000 training images", ["# A"]),
    ],
)
def test_what_counts_as_scaled(text, headings):
    assert unscaled(text) == headings


def test_no_link_is_dead(pages):
    dead = []
    for place, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text)):
            target, _, anchor = link.partition("#")
            if "://" in link or link.startswith("../../actions"):
                continue
            file = (place.parent / target) if target else place
            if not file.is_file():
                dead.append(f"{place.name}: {link}")
            elif anchor and anchor not in anchors(
                pages.get(file.resolve()) or file.read_text(encoding="utf-8")
            ):
                dead.append(f"{place.name}: {link}, no such heading")
    assert dead == []


def anchors(text):
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def test_the_page_of_commands_has_every_command_and_option_and_what_it_says_of_it():
    from ablation.cli.parser import COMMANDS, build_parser

    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    commands = next(iter(build_parser()._subparsers._group_actions)).choices
    for name in COMMANDS:
        section = text.partition(f"## `ablation {name}`")[2].partition("\n## ")[0]
        told = " ".join(section.split())
        commands[name].format_help()  # which has it made
        for option in commands[name]._actions:
            wanted = [*option.option_strings, (option.help or "") % vars(option)]
            missing = [one for one in wanted if " ".join(one.split()) not in told]
            assert section and not missing, f"{name}: {missing}; run python docs/commands.py"


def test_the_table_of_all_tricks_counts_the_verdicts_and_pairs_below_it(pages):
    head, *sections = pages[ROOT / "docs" / "reference" / "tricks.md"].split("\n## ")
    overview = {re.sub(r"\[`(\w+)`].*", r"\1", name): cells for name, *cells in table_rows(head)}
    for section in sections:
        name, _, text = section.partition("\n")
        _, _, verdicts, n, *_ = overview[name.strip("`")]
        told = [cells for cells in table_rows(text) if len(cells) == 5 and cells[-1].isdigit()]
        assert sum(map(int, re.findall(r"\d+", verdicts))) == len(told), name
        for kind in ("helps", "hurts", "no difference", "open"):
            found = re.search(rf"{kind} (\d+)", verdicts)
            ending = [cells for cells in told if re.search(rf" \**{kind}\**$", cells[2])]
            assert (int(found[1]) if found else 0) == len(ending), (name, kind)
        assert (0 if n == "–" else int(n)) == sum(int(cells[-1]) for cells in told), name


def table_rows(text):
    """The cells of the rows of Markdown tables, heads and rules too."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
