"""The HTML report in a real browser, where one is installed."""

import html
import json
import re
import shutil
import subprocess

import pytest
from synthetic import evil_study, ladder, write_study

from ablation import report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files",
    "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom",
)  # fmt: skip

# A page around the report: it uses the report as a reader would and writes what it saw into its own text.
HARNESS = """<!doctype html><pre id="seen"></pre><iframe src="report.html" width="WIDTH"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {
  const page = frame.contentDocument, table = page.querySelector("table.sortable");
  const column = (at) => [...table.tBodies[0].rows].map((row) => row.cells[at].textContent.trim());
  const headings = [...table.tHead.rows[0].cells];
  const heading = (name) => headings.find((cell) => cell.textContent.trim() === name);
  const sorted = (name) => {
    heading(name).querySelector("button").click();
    return {rungs: column(1), direction: heading(name).getAttribute("aria-sort")};
  };
  const chart = () => {
    const section = page.querySelector(".chart"), drawing = section.querySelector("svg");
    const lines = [...section.querySelectorAll(".legend li")];
    const values = () => lines.map((line) => line.querySelector("output").textContent);
    const drawn = (rung) => [...section.querySelectorAll(`[data-rung="${rung}"]`)].filter(visible).length;
    const press = (input) => input.click();
    const box = drawing.getBoundingClientRect(), view = frame.contentWindow;
    const visible = (one) => one.getBoundingClientRect().width > 0;
    const seeds = () => [...section.querySelectorAll(".seeds")].filter(visible).length;
    const controls = !section.querySelector(".controls").hidden;
    const found = {controls, last: values(), drawn: drawn(1), seeds: [seeds()]};
    const place = {clientX: box.left + 1, clientY: box.top + 9, bubbles: true};
    drawing.dispatchEvent(new view.PointerEvent("pointermove", place));
    found.first = values();
    press(section.querySelector(".each-seed"));
    found.seeds.push(seeds());
    press(lines[1].querySelector("input"));
    found.without = [drawn(1), values()[1]];
    press(section.querySelector("input[value=accuracy]"));
    found.train = values();
    return found;
  };
  const seen = {
    hacked: frame.contentWindow.hacked === undefined ? null : frame.contentWindow.hacked,
    loaded: frame.contentWindow.performance.getEntriesByType("resource").map((entry) => entry.name),
    alt: [...page.querySelectorAll("svg, img")].map((one) => one.getAttribute("aria-label") || one.alt),
    focusable: [...table.tHead.querySelectorAll("button")].every((one) => one.tabIndex === 0),
    hidden: table.parentElement.scrollWidth - table.parentElement.clientWidth,
    cut: [...table.tBodies[0].querySelectorAll("th a")].filter((name) => {
      const letters = page.createRange();
      letters.selectNodeContents(name);
      return letters.getClientRects().length > name.textContent.trim().split(" ").length;
    }).length,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    links: [...page.querySelectorAll("a")].map((one) => page.querySelector(one.hash) !== null),
    chart: chart(),
    before: column(1), test: sorted("test"), again: sorted("test"),
    name: sorted("rung"), delta: sorted("delta"),
  };
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium or chrome is installed"),
]


def visit(folder, profile, width=1200):
    """What the harness saw of the report, and what the browser's console said."""
    (folder / "harness.html").write_text(HARNESS.replace("WIDTH", str(width)))
    command = [BROWSER, *QUIET, f"--user-data-dir={profile}", (folder / "harness.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    seen = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(seen[1])), console


def test_the_report_works_in_a_browser(tmp_path):
    folder = tmp_path / "run"
    results = write_study(folder)
    report.write(folder)
    seen, console = visit(folder, tmp_path / "profile")
    names = [one["title"] for one in ladder()]
    accuracy = dict(zip(names, results.trials.groupby("position")["test_accuracy"].mean(), strict=True))
    assert console == [] and seen["loaded"] == []
    assert len(seen["alt"]) == 20 and all(seen["alt"])
    assert seen["before"] == names
    assert seen["test"] == {"rungs": sorted(names, key=accuracy.get), "direction": "ascending"}
    assert seen["again"] == {
        "rungs": sorted(names, key=accuracy.get, reverse=True),
        "direction": "descending",
    }
    assert seen["name"]["rungs"] == sorted(names, key=str.lower)
    assert seen["delta"]["rungs"][-1] == "baseline"
    assert seen["focusable"] and all(seen["links"]) and len(seen["links"]) == 8 + 8 + 7
    assert seen["overflow"] == 0
    assert seen["hidden"] == 0, "every column is seen without scrolling"
    assert_chart(seen["chart"], results.epochs)


def assert_chart(chart, epochs):
    """Values of the last and of the first epoch, of both curves; seeds and rungs that come and go."""

    def read(step, epoch, column):
        values = 100 * epochs.loc[(epochs["step"] == step) & (epochs["epoch"] == epoch), column]
        return [values.mean(), values.min(), values.max()]

    def numbers(text):
        return [float(number) for number in re.findall(r"[\d.]+", text)]

    assert chart["controls"]
    assert numbers(chart["last"][0]) == pytest.approx(read("baseline", 12, "val_accuracy"), abs=0.11)
    assert numbers(chart["first"][1]) == pytest.approx(read("noise", 1, "val_accuracy"), abs=0.11)
    assert numbers(chart["train"][7]) == pytest.approx(read("residual", 1, "accuracy"), abs=0.11)
    assert chart["seeds"] == [0, 8]
    assert chart["drawn"] == 1 and chart["without"] == [0, ""]


def test_no_name_of_a_rung_is_cut_on_a_phone(tmp_path):
    write_study(tmp_path / "run", steps=[one | {"title": f"without {one['title']}"} for one in ladder()])
    report.write(tmp_path / "run")
    assert visit(tmp_path / "run", tmp_path / "profile", 390)[0]["cut"] == 0


@pytest.mark.parametrize("width", [390, 1200])
def test_text_from_outside_is_not_run_and_the_page_is_never_too_wide(tmp_path, width):
    folder = tmp_path / "run"
    evil_study(folder)
    report.write(folder)
    seen, console = visit(folder, tmp_path / "profile", width)
    assert seen["hacked"] is None
    assert console == [] and seen["loaded"] == []
    assert seen["overflow"] == 0
