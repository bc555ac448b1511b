"""Other images under a published name are nowhere told as the published ones."""

import re

import numpy as np
import pytest
from made_up import made_up

from ablation.cli import main

FORM = "a data set in CIFAR-10's form"
LADDER = [{"step": "baseline", "lecture": {"val": 0.7}}, {"step": "noise", "tricks": ["noise"]}]


@pytest.fixture
def report(small, no_training, tmp_path, study_file, capsys, no_pixels):
    """A run and its report on random images that lie as CIFAR-10 does; what the terminal said, and the folder."""
    arrays = dict(zip(("x_train", "y_train", "x_test", "y_test"), made_up(small["cifar10"]), strict=True))
    arrays["x_train"][:] = arrays["x_test"][:] = arrays["x_test"][0]
    np.savez(tmp_path / "cifar10.npz", **arrays)
    file = study_file(ladder=LADDER, seeds=2, dataset="cifar10", data={"train": 64, "val": 16, "test": 16})
    chosen = ["--dataset", "cifar10", "--data-dir", str(tmp_path), "--preset", "full", "--jobs", "1"]
    assert main(["run", str(file), *chosen, "--out", str(tmp_path / "out")]) == 0
    found = capsys.readouterr()
    return " ".join((found.out + found.err).split()), tmp_path / "out"


def test_terminal_heading_tables_page_and_overview_say_whose_form_they_have(report, capsys):
    said, out = report
    text = (out / "report.md").read_text(encoding="utf-8")
    page = (out / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert f"the images are not the published ones: {FORM}" in said
    assert f"{FORM}, preset full, 2 seeds" in said and f"{FORM} (full): " in said
    assert f"*{FORM}, preset full, 2 seeds" in text.replace("\\", "")
    assert f"{FORM}, preset full, 2 seeds" in page
    for whole in (text.replace("\\", ""), page):
        assert f"The dataset is {FORM}, not CIFAR-10" in whole, "the published figures are of others"
        assert f"{FORM}: 64 train, 16 validation, 16 test images" in whole
        rest = re.sub(r"<[^>]*>|`[^`]*`", " ", whole.replace(FORM, ""))
        assert not re.search(r"\bcifar10\b(?!\.npz)", re.sub(r"ablation run [^\n|<]*", "", rest))
        assert re.search(r"16 of 16 test images stand among the training images too", whole)
    assert "16 of 16 test images stand among the training images too" in said
    assert main(["overview", str(out.parent)]) == 0
    overview = (out.parent / "index.html").read_text(encoding="utf-8")
    assert FORM in overview.replace("&#39;", "'") and "<td>cifar10</td>" not in overview
