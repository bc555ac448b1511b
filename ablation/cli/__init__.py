"""The command line: thin; what it calls can be called from Python."""

import argparse
import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ablation.errors import UserError, did_you_mean
from ablation.runner.options import CHECKPOINT_SHARE, EXECUTORS, STRATEGIES, Options

EXIT_DONE, EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130
LONGEST_LINE = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 all done, 1 some trial failed or diverged, 2 bad input (said in one line), 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parser().parse_args(given)
        return parsed.command(parsed, given)
    except UserError as error:
        print(f"ablation: {_printable(str(error))}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("ablation: stopped; the same command goes on from the last saved epoch", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE


def _printable(text: str) -> str:
    """One line of bearable length that cannot steer the terminal, whatever the user's file had in it."""
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 3]}..."


class _Parser(argparse.ArgumentParser):
    """argparse with one line an error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message}; see `{self.prog} --help`")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ablation", description="What every generalisation trick really buys.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser("run", help="train a study's trials and write its tables", allow_abbrev=False)
    _add_study_options(run)
    run.add_argument("--out", type=Path, metavar="DIR", help="results folder (results/STUDY/DATASET-PRESET)")
    _add_execution_options(run)
    run.add_argument("--fail-fast", action="store_true", help="end at the first trial that fails")
    run.add_argument(
        "--fresh", action="store_true", help="set the folder's results aside, as RUN.1, RUN.2, ..."
    )
    run.add_argument(
        "--no-lock", action="store_true", help="for file systems without locks: one run at a time"
    )
    run.add_argument("--tensorboard", action="store_true", help="event files in the folder's tensorboard/")
    run.add_argument("--save-models", action="store_true", help="each trial's best models in models/")
    run.add_argument(
        "--mlflow", nargs="?", const="", metavar="URI", help="log finished trials (the folder's mlruns/)"
    )
    run.add_argument("--weights", type=Path, metavar="FILE", help="a backbone's weights (fetched by Keras)")
    run.set_defaults(command=_run)

    tune = commands.add_parser(
        "tune", help="search a step's hyperparameters on validation, coarse then fine", allow_abbrev=False
    )
    _add_data_options(tune)
    tune.add_argument("--step", default="", metavar="S", help="which step's recipe (the first)")
    tune.add_argument(
        "--space", action="append", default=[], metavar="KEY=RANGE",
        help="e.g. 'network.l2=log 1e-5 1e5', 'training.batch_size=int 16 256', 'network.activation=[relu, elu]'",
    )  # fmt: skip
    tune.add_argument(
        "--sampler", default="", metavar="S[,S]", help="random, grid, tpe; several are compared"
    )
    tune.add_argument("--coarse", default="", metavar="NxE", help="trials x epochs of the first stage (30x3)")
    tune.add_argument("--fine", default="", metavar="NxE", help="trials x epochs of the second stage (15x8)")
    tune.add_argument("--seed", type=_seed, default=0, metavar="N", help="of points and trainings (0)")
    _add_set(tune)
    tune.add_argument("--out", type=Path, metavar="DIR", help="folder (results/STUDY/tune-DATASET-PRESET)")
    _add_execution_options(tune)
    tune.add_argument("--fresh", action="store_true", help="discard what the folder holds")
    tune.set_defaults(command=_tune)

    report = commands.add_parser("report", help="rebuild tables, figures and pages of a results folder")
    report.add_argument("folder", type=Path, metavar="DIR")
    report.set_defaults(command=_report)

    compare = commands.add_parser("compare", help="put several results folders side by side")
    compare.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    compare.set_defaults(command=_compare)

    check = commands.add_parser(
        "check", help="a study's sanity list: can it learn from these data at all?", allow_abbrev=False
    )
    _add_data_options(check)
    check.add_argument("--step", default="", metavar="S", help="which step's recipe (the first)")
    check.set_defaults(command=_check)

    bench = commands.add_parser(
        "bench", help="training speed beside the lecture's script and a PyTorch loop", allow_abbrev=False
    )
    _add_data_options(bench)
    bench.add_argument("--steps", default="", metavar="A,B", help="only these steps")
    _add_set(bench)
    bench.add_argument("--rounds", type=_positive, default=5, metavar="N", help="turns of each (5)")
    bench.add_argument(
        "--seconds", type=_positive, default=2, metavar="S", help="about how long a turn of ours takes (2)"
    )
    bench.add_argument("--out", type=Path, metavar="DIR", help="folder (results/bench/STUDY-PRESET)")
    bench.set_defaults(command=_bench)

    surface = commands.add_parser(
        "surface", help="the loss around trained networks: a plane, the largest curvature", allow_abbrev=False
    )
    _add_data_options(surface)
    surface.add_argument("--steps", default="", metavar="A,B", help="which steps (all)")
    surface.add_argument("--out", type=Path, metavar="DIR", help="folder (results/surface/STUDY)")
    surface.set_defaults(command=_surface)

    lectures = commands.add_parser(
        "lectures", help="every row of the lectures: what runs it, published and ours"
    )
    lectures.set_defaults(command=_lectures)

    listing = commands.add_parser("list", help="list studies, tricks or datasets")
    listing.add_argument("what", nargs="?", metavar="studies|tricks|datasets", default="studies")
    listing.set_defaults(command=_list)

    show = commands.add_parser("show", help="a trick's card, or a study rung by rung")
    show.add_argument("name")
    show.set_defaults(command=_show)

    plan = commands.add_parser("plan", help="what would run, with parameters and FLOPs", allow_abbrev=False)
    _add_study_options(plan)
    plan.set_defaults(command=_plan)
    return parser


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a name (`ablation list`) or a .yaml file")
    parser.add_argument("--preset", default="", help="smoke, quick or full (full with a GPU, else quick)")
    parser.add_argument("--dataset", default="", help="cifar10, cifar100, fashion_mnist, shapes or auto")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder that holds datasets (ABLATION_DATA_DIR)"
    )


def _add_study_options(parser: argparse.ArgumentParser) -> None:
    _add_data_options(parser)
    parser.add_argument(
        "--design", default="", metavar="D[,D]", help="cumulative, leave-one-out, add-one, orders"
    )
    parser.add_argument("--orders", type=_positive, metavar="N", help="random orders of the ladder (4)")
    parser.add_argument("--budget", default="", metavar="E[,E]", help="the same at several numbers of epochs")
    parser.add_argument("--protocol", default="", metavar="P", help="honest, lecture or both")
    parser.add_argument("--controls", default="", metavar="C[,C]", help="aa, parameters, compute")
    parser.add_argument("--steps", default="", metavar="A,B", help="only these steps")
    parser.add_argument("--seeds", default="", metavar="N | A,B", help="how many seeds, or which")
    _add_set(parser)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. training.epochs=20"
    )


def _one_of(option: str, found: str, known: Sequence[str]) -> str:
    if found not in known:
        raise UserError(f"{option}: unknown '{found}'{did_you_mean(found, known)}")
    return found


def _add_execution_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=_positive, metavar="N", help="trials at a time (one a core, or one a GPU)"
    )
    parser.add_argument("--executor", default="local", metavar="E", help="local, or ray: a cluster (local)")
    parser.add_argument(
        "--ray-address",
        default="",
        metavar="ADDR",
        help="of a running cluster, HOST:PORT or auto (a new one)",
    )
    parser.add_argument("--trial-cpus", type=_positive, metavar="N", help="CPUs of a trial on Ray (1)")
    parser.add_argument(
        "--trial-gpus", type=_share, metavar="G", help="GPUs of a trial on Ray, or share of one (1, if any)"
    )
    parser.add_argument(
        "--strategy",
        default="single",
        metavar="S",
        help="single, or data-parallel: all devices share each trial (single)",
    )
    parser.add_argument(
        "--checkpoint-share",
        type=_fraction,
        default=CHECKPOINT_SHARE,
        metavar="S",
        help=f"share of a training's time that saving it for a resume may take ({CHECKPOINT_SHARE})",
    )
    parser.add_argument("--retry-failed", action="store_true", help="train failed and diverged trials again")


def _positive(text: str) -> int:
    if not _is_number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found '{text}'")
    return int(text)


def _seed(text: str) -> int:
    if not _is_number(text) or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"expected a whole number below 2147483648, found '{text[:60]}'")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not (0 <= share < 1 or (share.is_integer() and share < 1000)):
        raise argparse.ArgumentTypeError(
            f"expected a share between 0 and 1, or a whole number, found '{text}'"
        )
    return share


def _fraction(text: str) -> float:
    try:
        fraction = float(text)
    except ValueError:
        fraction = -1.0
    if not 0 < fraction <= 1:
        raise argparse.ArgumentTypeError(f"expected a share above 0, at most 1, found '{text}'")
    return fraction


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _names(text: str) -> tuple[str, ...]:
    """Comma-separated names, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _seeds(text: str) -> tuple[int, ...]:
    """`3` is the seeds 0, 1, 2; `0,4` and `7,` are the seeds themselves."""
    if not text:
        return ()
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(_is_number(part) and int(part) < 2**31 for part in parts):
        raise UserError(f"--seeds: expected a number of seeds, or seeds like 0,1,2, found '{text}'")
    seeds = tuple(int(part) for part in parts)
    if "," in text:
        if len(set(seeds)) < len(seeds):
            raise UserError(f"--seeds: expected different seeds, found '{text}'")
        return seeds
    if not 1 <= seeds[0] <= 10_000:
        raise UserError(f"--seeds: expected 1 to 10000 seeds, found '{text}'")
    return tuple(range(seeds[0]))


def _budgets(text: str) -> tuple[int, ...]:
    """Numbers of epochs, each once."""
    names = _names(text)
    if not all(_is_number(name) and int(name) for name in names):
        raise UserError(f"--budget: expected numbers of epochs like 10,20,40, found '{text}'")
    return tuple(map(int, names))


def _study(given: argparse.Namespace) -> Any:
    """The study with what the command says of its orders."""
    from ablation import study

    loaded = study.load(given.study)
    return loaded.replace(orders=given.orders) if given.orders else loaded


def _preset_and_data(given: argparse.Namespace, loaded: Any) -> tuple[str, str, str]:
    """The preset and the dataset that a command without training trials takes, and why that dataset."""
    from ablation import data

    return _preset(given, loaded), *data.choose(
        given.dataset or loaded.dataset, _data_dir(given), may_download=False
    )


def _preset(given: argparse.Namespace, loaded: Any) -> str:
    """The one asked for, else `quick` where the study has it: what a GPU would change is not looked at."""
    return given.preset or ("quick" if "quick" in loaded.presets else "full")


def _questions(given: argparse.Namespace) -> dict[str, Any]:
    """What of a study is to be trained, as `Options` takes it."""
    return {
        "preset": given.preset,
        "dataset": given.dataset,
        "data_dir": _data_dir(given),
        "designs": _names(given.design),
        "budgets": _budgets(given.budget),
        "protocol": given.protocol,
        "controls": _names(given.controls),
        "steps": _names(given.steps),
        "seeds": _seeds(given.seeds),
        "sets": tuple(given.set),
    }


def _execution(given: argparse.Namespace) -> dict[str, Any]:
    """Where and how many trials at a time, as `Options` takes it."""
    return {
        "jobs": given.jobs,
        "executor": _one_of("--executor", given.executor, EXECUTORS),
        "ray_address": given.ray_address,
        "trial_cpus": given.trial_cpus,
        "trial_gpus": given.trial_gpus,
        "strategy": _one_of("--strategy", given.strategy, STRATEGIES),
        "checkpoint_share": given.checkpoint_share,
        "retry_failed": given.retry_failed,
    }


def _run(given: argparse.Namespace, arguments: list[str]) -> int:
    from rich.console import Console

    from ablation.runner.display import Display
    from ablation.runner.provenance import command_line

    options = Options(
        **_questions(given),
        out=given.out,
        **_execution(given),
        fail_fast=given.fail_fast,
        fresh=given.fresh,
        lock=not given.no_lock,
        weights=given.weights,
        tensorboard=given.tensorboard,
        save_models=given.save_models,
        mlflow=given.mlflow,
        command=command_line(arguments),
    )
    study = _study(given)
    _load_backend()
    from ablation.runner.run import run

    console = Console()
    outcome = run(study, options, Display(console))
    if outcome.interrupted:
        print("stopped; the same command goes on where this one ended")
        return EXIT_INTERRUPTED
    from ablation import report
    from ablation.results import read as results

    print(f"{outcome.trained} trial(s) trained, {outcome.kept} kept; results in {outcome.folder}")
    found = results.load(outcome.folder)
    if found.trials["test_accuracy"].notna().any():
        console.print(report.terminal_table(found))
        console.print(report.headline(found), highlight=False, markup=False)
    return EXIT_FAILED if outcome.bad else EXIT_DONE


def _tune(given: argparse.Namespace, arguments: list[str]) -> int:
    from rich.console import Console

    from ablation import search, study
    from ablation.runner.display import Display
    from ablation.runner.provenance import command_line

    loaded = study.load(given.study)
    wanted = search.search_of(
        loaded,
        step=given.step,
        space=given.space,
        samplers=_names(given.sampler),
        coarse=given.coarse,
        fine=given.fine,
        seed=given.seed,
    )
    options = Options(
        preset=given.preset,
        dataset=given.dataset,
        data_dir=_data_dir(given),
        sets=tuple(given.set),
        out=given.out,
        **_execution(given),
        fresh=given.fresh,
        command=command_line(arguments),
    )
    _load_backend()
    outcome = search.tune(loaded, wanted, options, Display(Console()))
    if outcome.interrupted:
        print("stopped; the same command goes on where this one ended")
        return EXIT_INTERRUPTED
    print(f"search in {outcome.folder}: tune.md, tune.csv, figures")
    if (outcome.folder / "tuned.yaml").exists():
        print(f"compare default and tuned: ablation run {outcome.folder / 'tuned.yaml'}")
    return EXIT_FAILED if outcome.failed else EXIT_DONE


def _load_backend() -> None:
    """Import Keras with the backend that the user chose.

    Raises:
        UserError: there is no such backend, or it is not installed.
    """
    try:
        with _native_chatter_silenced():
            import keras  # noqa: F401
    except (ImportError, ValueError) as error:
        chosen = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise UserError(
            f"KERAS_BACKEND={chosen}: cannot be loaded ({error}); expected an installed one of tensorflow, jax, torch"
        ) from error


@contextlib.contextmanager
def _native_chatter_silenced() -> Iterator[None]:
    """TensorFlow's libraries write notes on their build to the error stream while they are loaded."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _data_dir(given: argparse.Namespace) -> Path | None:
    folder = given.data_dir
    if folder is not None and not folder.is_dir():
        raise UserError(f"--data-dir: expected a folder, found '{folder}'")
    return folder


def _report(given: argparse.Namespace, _: list[str]) -> int:
    from ablation import report
    from ablation.search import report as search_report

    search = (given.folder / search_report.NOTES).exists()
    for file in (search_report if search else report).write(given.folder):
        print(file)
    return EXIT_DONE


def _compare(given: argparse.Namespace, _: list[str]) -> int:
    from ablation.report.compare import compare, to_markdown

    print(to_markdown(compare(given.folders)))
    return EXIT_DONE


def _check(given: argparse.Namespace, _: list[str]) -> int:
    from ablation import checks, study
    from ablation.data.request import DataRequest, read_data

    loaded = study.load(given.study)
    preset, dataset, why = _preset_and_data(given, loaded)
    step = study.plan(loaded, preset=preset, dataset=dataset, steps=_names(given.step))[0]
    print(f"{loaded.title or loaded.study}, {step.title}: {dataset} ({why}), preset {preset}")
    splits = read_data(DataRequest(dataset, given.data_dir, loaded.protocol, step.setting.sizes))
    try:
        findings = checks.check(step.setting.recipe, splits)
    except ValueError as error:
        raise UserError(f"{given.study}: {step.step}: {error}") from error
    print(checks.table(findings))
    return EXIT_FAILED if any(finding.status == "fail" for finding in findings) else EXIT_DONE


def _bench(given: argparse.Namespace, arguments: list[str]) -> int:
    from rich.console import Console

    from ablation import bench, data, study
    from ablation.runner.provenance import command_line

    loaded = study.load(given.study)
    preset, dataset, _ = _preset_and_data(given, loaded)
    steps = study.plan(loaded, preset=preset, dataset=dataset, sets=given.set, steps=_names(given.steps))
    _load_backend()
    folder = given.out or Path("results") / "bench" / f"{loaded.study}-{preset}"
    timed = bench.bench(
        steps,
        data.shape_and_classes(dataset),
        folder,
        rounds=given.rounds,
        seconds=given.seconds,
        setting={"study": loaded.study, "preset": preset, "command": command_line(arguments)},
        say=lambda text: print(text, flush=True),
    )
    Console().print(bench.terminal_table(timed))
    print(f"written to {folder}")
    return EXIT_DONE


def _surface(given: argparse.Namespace, _: list[str]) -> int:
    from ablation import study

    loaded = study.load(given.study)
    preset, dataset, why = _preset_and_data(given, loaded)
    steps = study.plan(loaded, preset=preset, dataset=dataset, steps=_names(given.steps))
    print(f"{loaded.title or loaded.study}: {dataset} ({why}), preset {preset}, seed 0")
    _load_backend()
    from ablation.data.request import DataRequest, read_data
    from ablation.surface import survey

    out = given.out or Path("results") / "surface" / loaded.study
    for step in steps:
        splits = read_data(DataRequest(dataset, given.data_dir, loaded.protocol, step.setting.sizes))
        print(f"{step.title}: {survey(step, splits, out)}")
    print(out)
    return EXIT_DONE


def _lectures(given: argparse.Namespace, _: list[str]) -> int:
    from ablation.lectures.document import document

    print(document(), end="")
    return EXIT_DONE


def _list(given: argparse.Namespace, _: list[str]) -> int:
    if given.what == "studies":
        from ablation import study

        lines = [(name, study.title(name)) for name in study.names()]
    elif given.what == "tricks":
        from ablation import tricks

        lines = [(name, tricks.card(name).partition("\n")[0]) for name in tricks.names()]
    elif given.what == "datasets":
        from ablation import data

        lines = [(name, data.get(name).title) for name in data.names()]
    else:
        raise UserError(
            f"list: unknown '{given.what}'{did_you_mean(given.what, ('studies', 'tricks', 'datasets'))}"
        )
    width = max(len(name) for name, _ in lines)
    for name, title in lines:
        print(f"{name:{width}}  {title}".rstrip())
    return EXIT_DONE


def _show(given: argparse.Namespace, arguments: list[str]) -> int:
    from ablation import study, tricks
    from ablation.lectures.reference import measured

    if given.name in tricks.names():
        print(tricks.card(given.name))
        for line in measured(given.name):
            print(f"Measured: {line}")
        return EXIT_DONE
    if given.name not in study.names() and not given.name.endswith((".yaml", ".yml")):
        known = (*tricks.names(), *study.names())
        raise UserError(f"show: unknown trick or study '{given.name}'{did_you_mean(given.name, known)}")
    shown = study.load(given.name)
    print(f"{shown.title or shown.study}\n{shown.question}\n{shown.source}".strip())
    for step in study.plan(shown, preset="full", dataset=shown.dataset):
        print(f"\n{step.position} {step.title}" + (f" (on {step.base})" if step.base else ""))
        for name, parameters in step.uses:
            settings = ", ".join(
                f"{key}={value}" for key, value in (tricks.parameters(name) | parameters).items()
            )
            print(f"    {name}({settings}): {tricks.card(name).partition(chr(10))[0]}")
        for name, value in step.lecture.model_dump(exclude_none=True).items():
            print(f"    lecture, {name}: {value}")
    return EXIT_DONE


def _plan(given: argparse.Namespace, _: list[str]) -> int:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ablation.runner.plan import plan
    from ablation.study import nodes

    loaded = _study(given)
    preset = _preset(given, loaded)
    asked = plan(loaded, dataclasses.replace(Options(**_questions(given)), preset=preset))
    different = {f"{step.setting.recipe!r} {step.setting.sizes!r} {step.protocol}" for step in asked.steps}
    caption = f"{len(different) * len(asked.seeds)} trial(s): settings that coincide are trained once"
    if not given.preset and preset == "quick":
        caption += "; where there is a GPU, run takes preset full"
    table = Table(title=Text(asked.title), caption=caption)
    for column in ("design", "step", "trains on", "epochs", "parameters", "MFLOPs an image", "trials"):
        table.add_column(column, justify="left" if column in ("design", "step") else "right")
    for step in asked.steps:
        layers = nodes(step, asked.shape, asked.classes)
        table.add_row(
            step.design,
            Text(step.title),
            f"{step.setting.sizes.train:,}" if step.setting.sizes.train else "all",
            str(step.setting.recipe.epochs),
            f"{sum(layer.parameters for layer in layers):,}",
            f"{sum(layer.flops for layer in layers) / 1e6:,.1f}",
            str(len(asked.seeds)),
        )
    Console().print(table)
    return EXIT_DONE
