"""The library as a notebook uses it."""

import pytest
import tiny

from ablation.errors import UserError

FIGURES = ("ladder", "gap", "delta", "designs", "budget", "protocol", "cost", "curves")


def test_importing_ablation_imports_nothing_heavy(tmp_path):
    code = (
        "import sys, ablation\n"
        "heavy = ('keras', 'tensorflow', 'jax', 'torch', 'pandas', 'numpy', 'matplotlib', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "from ablation import Study, read\n"
        "print([name for name in heavy[:4] if name in sys.modules])\n"
    )
    assert tiny.python("-c", code, cwd=tmp_path).stdout.split("\n")[:2] == ["[]", "[]"]
    with pytest.raises(ImportError):
        from ablation import nothing  # noqa: F401


def test_a_run_gives_the_tables_and_figures_of_its_folder(study_file, tmp_path, no_training):
    from ablation import Study, read, run

    study = Study.load(study_file())
    designs = ("cumulative", "orders")
    results = run(
        study, preset="full", designs=designs, orders=1, seeds=2, out=str(tmp_path / "out"), quiet=True
    )
    results = run(
        study, preset="full", protocol="both", budgets=[2, 3], seeds=2, out=results.folder, quiet=True
    )
    # three steps and one more set of order 1; three at two epochs; three at two and at three under lecture
    assert len(no_training.trained) == 2 * (3 + 1 + 3 + 6)
    assert set(results.summary["design"]) >= {"cumulative", "orders", "cumulative@2", "cumulative@2@lecture"}
    assert results.trials.groupby("design")["seed"].nunique().eq(2).all()
    assert results.epochs["epoch"].max() == 3
    assert set(results.contributions["trick"]) == {"noise", "batch norm"}
    assert set(results.budgets["epochs"]) == {2, 3} and len(results.protocols)
    assert results.headline == read(results.folder).headline
    for name in FIGURES:
        assert getattr(results, name)().axes, name
    assert results.report().is_file()


def test_what_there_is_not_is_said(study_file, tmp_path, no_training):
    from ablation import run

    results = run(str(study_file()), preset="full", steps="baseline", out=tmp_path / "out", quiet=True)
    with pytest.raises(UserError, match="nothing to show in 'designs'; expected one of ladder, gap"):
        results.designs()
    with pytest.raises(UserError, match="unknown option 'seed'; did you mean 'seeds'"):
        run(str(study_file()), seed=1)
