"""Every mend taken back in a copy, one after the other: the test that stands for it must fail.

python tests/mutations.py              # all, at most a few minutes each on a busy machine
python tests/mutations.py 4 13         # those of some kinds of fault

A kind is a row of docs/faults.md. Exit code 1 where a test does not pass on the code as it is, or passes without its
mend.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import pandas  # noqa: F401
import pytest
import scipy.stats  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 300.0  # seconds of one test


@dataclass(frozen=True)
class Mutation:
    """A mend taken back.

    Attributes:
        kind: of fault, a row of docs/faults.md.
        what: the mend, in words.
        file: below ablation/.
        old, new: what is replaced there, once, by what.
        test: that must fail then, below tests/.
    """

    kind: int
    what: str
    file: str
    old: str
    new: str
    test: str


MUTATIONS = (
    Mutation(
        1, "a folder of other files is refused", "results/folder.py",
        "if not there or self.is_ours():", "if True:",
        "runner/test_run.py::test_a_folder_of_other_files_is_refused_and_left_as_it_is",
    ),
    Mutation(
        1, "--fresh moves what is ours alone", "results/folder.py",
        "[self.path / name for name in OWN if (self.path / name).exists()]", "list(self.path.iterdir())",
        "runner/test_run.py::test_fresh_sets_aside_what_was_there_and_leaves_other_files",
    ),
    Mutation(
        1, "old results are moved aside, not erased", "results/folder.py",
        "file.rename(aside / file.name)",
        '__import__("shutil").rmtree(file) if file.is_dir() else file.unlink()',
        "runner/test_run.py::test_fresh_sets_aside_what_was_there_and_leaves_other_files",
    ),
    Mutation(
        2, "a data folder without the data is an error", "data/find.py",
        "    raise UserError(\n        f\"{dataset.title} is not at hand in",
        "    return None\n    raise UserError(\n        f\"{dataset.title} is not at hand in",
        "data/test_data_files.py::test_a_named_folder_without_the_data_set_is_an_error_whatever_the_caches_hold",
    ),
    Mutation(
        2, "the data set's own folder is taken", "data/find.py",
        "yield folder.joinpath(*parts[known:])", "pass",
        "data/test_data_files.py::test_a_data_sets_own_folder_is_taken_for_its_parent",
    ),
    Mutation(
        2, "no home, no crash", "data/find.py", "except RuntimeError:", "except ZeroDivisionError:",
        "data/test_data_files.py::test_a_user_without_a_home_has_no_caches_and_no_crash",
    ),
    Mutation(
        2, "test images seen in training are counted", "data/load.py",
        "again = _repeated(taken) if", "again = 0 if",
        "data/test_data_files.py"
        "::test_test_images_that_were_trained_on_are_counted_in_what_lies_under_a_published_name",
    ),
    Mutation(
        3, "contrast is drawn on both sides of 1", "tricks/color_jitter.py",
        "factor=(contrast, contrast)", "factor=contrast",
        "layers/test_distributions.py::test_contrast_lies_on_both_sides_of_one",
    ),
    Mutation(
        3, "a trick used again replaces its own setting", "tricks/_layers.py",
        "if earlier is None:", "if True:",
        "tricks/test_tricks.py::test_used_again_a_trick_replaces_its_own_setting",
    ),
    Mutation(
        3, "two tricks for one slot are refused", "tricks/__init__.py", "if len(filling) > 1:", "if False:",
        "tricks/test_tricks.py::test_two_tricks_of_one_step_that_fill_one_slot_are_refused_by_name",
    ),
    Mutation(
        3, "a batch larger than the data is said", "runner/work.py",
        "if recipe.batch_size > images:", "if False:",
        "runner/test_run.py::test_numbers_that_cannot_be_meant_are_said",
    ),
    Mutation(
        4, "groups divide the weights", "networks/formulas/weights.py",
        "(channels // groups) * filters", "channels * filters",
        "networks/test_count.py::test_grouped_convolutions_have_a_groupth_of_the_weights",
    ),
    Mutation(
        4, "strides of pooling count", "networks/formulas/pooling.py",
        "pool_size if strides is None else strides", "pool_size",
        "networks/test_count.py::test_pooling_may_overlap_or_not_shrink_and_take_a_list",
    ),
    Mutation(
        4, "a separable convolution has two kernels", "networks/formulas/weights.py",
        "depth.parameters + point.parameters", "point.parameters",
        "networks/test_count.py::test_separable_convolutions_have_two_kernels_with_the_recipes_initial_weights",
    ),
    Mutation(
        5, "keras.json's image_data_format is overruled", "hardware.py",
        'keras.config.set_image_data_format("channels_last")', "pass",
        "engine/test_buildable.py::test_a_keras_json_of_the_user_changes_nothing",
    ),
    Mutation(
        6, "what cannot be made is told by its key", "engine/buildable.py",
        'raise UserError(f"{where}: cannot be made so ({said})") from error', "raise",
        "engine/test_buildable.py::test_each_part_is_named_by_its_key",
    ),
    Mutation(
        6, "5e-4 is a number", "study/yaml_file.py",
        r"[0-9]+(?:\.[0-9]*)?)(?:[eE]", r"[0-9]+\.[0-9]*)(?:[eE]",
        "study/test_file_checks.py::test_numbers_are_read_as_everywhere_else",
    ),
    Mutation(
        6, "a schedule of values takes no initial rate", "networks/build.py",
        "{} if recipe.schedule.path == PIECEWISE else", "",
        "engine/test_buildable.py::test_boundaries_in_epochs_by_hand",
    ),
    Mutation(
        6, "an own file's damaged bytecode is named", "own_code.py",
        "if isinstance(reader, SourceFileLoader):", "if False:",
        "test_own_code.py::test_damaged_bytecode_of_a_file_is_one_line",
    ),
    Mutation(
        6, "an own file with null bytes is found", "own_code.py",
        "return (type(refused), str(refused)) == (type(error), str(error))", "return False",
        "test_own_code.py::test_a_file_that_is_no_python_is_found_without_a_traceback_of_it",
    ),
    Mutation(
        7, "the best epoch is the one that early stopping chose", "train/judge.py",
        'best["epoch"] if recipe.early_stopping is None else best_epoch(recipe.early_stopping, epochs)',
        'best["epoch"]',
        "train/test_train.py::test_the_best_epoch_is_the_one_whose_weights_are_judged",
    ),
    Mutation(
        7, "AdamW decays only as the recipe says", "networks/build.py",
        'return {"weight_decay": rate} | given if rate else given',
        'return {"weight_decay": rate} if rate else {}',
        "test_optimizers.py::test_without_decay_a_step_of_adamw_is_adams",
    ),
    Mutation(
        8, "one seed twice is refused", "runner/options.py",
        "if len(set(seeds)) < len(seeds):", "if False:",
        "runner/test_options.py::test_the_command_line_and_python_are_refused_in_the_same_words",
    ),
    Mutation(
        8, "a process that only starts trains nothing", "runner/executors/processes.py",
        'if getattr(multiprocessing.current_process(), "_inheriting", False):', "if False:",
        "runner/executors/test_executors.py"
        "::test_a_script_without_a_main_guard_is_one_hint_and_no_failed_trials",
    ),
    Mutation(
        9, "another study is refused", "report/compare.py", "if mine != theirs:", "if False:",
        "report/test_compare.py::test_another_study_is_refused",
    ),
    Mutation(
        9, "other images are said", "report/compare.py",
        'if mine["sha256"] != theirs["sha256"]:', "if False:",
        "report/test_compare.py::test_compare_says_what_else_is_not_the_same",
    ),
    Mutation(
        10, "what an encoding lacks is replaced", "system.py",
        'stream.reconfigure(errors="plain")', "pass",
        "cli/test_terminal.py::test_what_an_encoding_lacks_is_replaced",
    ),
    Mutation(
        10, "Windows is told at the start", "system.py",
        'if importlib.util.find_spec("fcntl") is None or importlib.util.find_spec("resource") is None:',
        "if False:", "cli/test_terminal.py::test_a_system_without_posix_is_told_so",
    ),
    Mutation(
        10, "Keras makes no folder named ~", "system.py",
        'if os.path.expanduser("~") != "~":', "if True:",
        "cli/test_terminal.py::test_no_home_and_keras",
    ),
    Mutation(
        11, "headings name other images as such", "data/dataset.py",
        'return f"a data set in {self.title}\'s form" if published is False else self.title',
        "return self.title",
        "data/test_told.py"
        "::test_terminal_heading_tables_page_and_overview_say_whose_form_they_have",
    ),
    Mutation(
        12, "a cell that its trial's file contradicts is found", "results/read.py",
        "differ = (there != here) &", "differ = (there != there) &",
        "results/test_read.py::test_a_cut_cell_is_found_by_its_trials_file_which_counts",
    ),
    Mutation(
        12, "a trial without figures is not done", "results/record.py",
        'if self.status == "done":', "if False:",
        "results/test_results.py::test_a_damaged_trial_file_is_named",
    ),
    Mutation(
        13, "an idx file has the length that it says", "data/formats/idx.py",
        "len(content) != start + math.prod(shape)", "False",
        "data/test_data_damaged.py::test_damaged_idx_files_are_named",
    ),
    Mutation(
        14, "a configuration hash is a name", "results/manifest.py", 'pattern=r"^[0-9a-f]{16}$"', 'pattern=r"^.*$"',
        "results/test_read.py::test_no_name_in_a_folder_leads_out_of_it",
    ),
    Mutation(
        14, "no terminal escape leaves a folder", "wording.py",
        'letter if letter.isprintable() else " " for letter in str(text)', "str(text)",
        "report/test_compare.py::test_terminal_escapes_of_a_folder_reach_no_output",
    ),
    Mutation(
        15, "damaged start weights are trained anew", "runner/run.py",
        "if file.exists() and not are_weights(file, work.layers(trial)):", "if False:",
        "runner/test_origins.py::test_damaged_weights_are_trained_anew",
    ),
    Mutation(
        15, "a checkpoint of another trial is not taken over", "train/checkpoint.py",
        "kept.config_hash in (None, trial.config_hash)", "True",
        "train/test_train.py::test_a_checkpoint_of_other_content_starts_the_training_over",
    ),
    Mutation(
        15, "a file system without locks is a line", "runner/lock.py",
        "if error.errno not in UNLOCKABLE:", "if True:",
        "runner/test_lock.py::test_a_file_system_without_locks_is_a_line_and_can_be_worked_with",
    ),
    Mutation(
        15, "closed streams are opened on nothing", "system.py",
        "os.open(os.devnull, os.O_RDWR)  # takes", "pass  # takes",
        "cli/test_terminal.py::test_closed_streams_are_no_traceback",
    ),
    Mutation(
        16, "keras.json's floatx is overruled", "hardware.py", 'keras.config.set_floatx("float32")', "pass",
        "engine/test_buildable.py::test_a_keras_json_of_the_user_changes_nothing",
    ),
    Mutation(
        17, "text that looks like a number is quoted", "study/yaml_file.py",
        "first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, []), *_resolvers().get(first, [])]",
        "first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, [])]",
        "study/test_yaml_file.py::test_what_is_written_is_read_back",
    ),
    Mutation(
        17, "010 is ten", "study/yaml_file.py",
        'int(text, 0) if text.startswith(("0o", "0x")) else int(text)',
        'int(text, 8) if text.startswith("0") else int(text)',
        "study/test_yaml_file.py::test_scalars_are_those_of_yaml_1_2",
    ),
    Mutation(
        17, "a network that no machine holds is refused", "study/bounds.py",
        "if parameters > MOST_PARAMETERS:", "if False:",
        "study/test_file_checks.py::test_a_network_that_no_machine_holds_is_refused_by_its_size",
    ),
)  # fmt: skip


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A copy of the files that git knows or would take, results aside, which are linked."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="mutations-") as place:
        copy = Path(place) / "copy"
        for name in filter(None, listed.stdout.decode().split("\0")):
            if not name.startswith("results/") and (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        (copy / "results").symlink_to(ROOT / "results")
        yield copy


def broken(copy: Path, *tests: str) -> str:
    """What pytest says last of tests of the copy where one of them fails; empty where all pass.

    They run in a fork of this process, which has imported what takes long to import and nothing of the project.

    Raises:
        RuntimeError: one of them is not there, or what should run them ends otherwise.
    """
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            code = 70
            try:
                code = int(_run(copy, said.fileno(), tests))
            finally:
                os._exit(code)
        until = time.monotonic() + LIMIT * len(tests)
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > until:  # as it would hang a user
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return f"not ended after {LIMIT:.0f} s"
            time.sleep(0.05)
        said.seek(0)
        last = said.read().decode(errors="replace")[-2000:]
    if (code := os.waitstatus_to_exitcode(ended[1])) not in (0, 1):
        raise RuntimeError(f"pytest ended with {code}: {last}")
    return last if code else ""


def _run(copy: Path, output: int, tests: tuple[str, ...]) -> int:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(one for one in sys.path if not Path(one or ".").is_relative_to(ROOT))]
    chosen = [f"tests/{one}" for one in tests]
    return pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *chosen])


def survives(copy: Path, one: Mutation) -> bool:
    """Whether the test passes without the mend."""
    file = copy / "ablation" / one.file
    text = file.read_text(encoding="utf-8")
    try:
        file.write_text(text.replace(one.old, one.new, 1), encoding="utf-8")
        return not broken(copy, one.test)
    finally:
        file.write_text(text, encoding="utf-8")


def main(kinds: list[str]) -> int:
    chosen = [one for one in MUTATIONS if not kinds or str(one.kind) in kinds]
    with copied() as copy:
        if failing := broken(copy, *dict.fromkeys(one.test for one in chosen)):
            print(f"these do not pass on the code as it is:\n{failing}")
            return 1
        print(f"{len(chosen)} mends; their tests pass on the code as it is", flush=True)
        survived = 0
        for one in chosen:
            began = time.monotonic()
            alive = survives(copy, one)
            survived += alive
            told = "PASSES without it" if alive else "fails without it"
            print(
                f"{one.kind:>2}  {one.what}: {one.test} {told}, {time.monotonic() - began:.0f} s", flush=True
            )
    print(f"{len(chosen) - survived} of {len(chosen)} tests fail without their mend")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
