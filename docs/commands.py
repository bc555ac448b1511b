"""docs/reference/commands.md: every command with its help and what it really prints, run in an empty folder.

python docs/commands.py            # a few minutes
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ablation.cli.parser import COMMANDS

PAGE = Path(__file__).resolve().parent / "reference" / "commands.md"
LINES = 40
SMALL = "--preset smoke --dataset shapes"
EXAMPLES = {
    "run": f"ablation run generalization {SMALL} --steps baseline,noise --seeds 2",
    "tune": (
        f'ablation tune generalization {SMALL} --space "training.learning_rate=log 1e-4 1e-1" --coarse 3x1 --fine 2x1'
    ),
    "report": "ablation report results/generalization/shapes-smoke",
    "overview": "ablation overview results",
    "export": "ablation export results/generalization/shapes-smoke --format markdown",
    "compare": "ablation compare results/generalization/shapes-smoke results/again",
    "check": f"ablation check generalization {SMALL}",
    "new": "ablation new trick mine",
    "surface": f"ablation surface generalization {SMALL} --steps baseline",
    "lectures": "ablation lectures",
    "list": "ablation list studies",
    "show": "ablation show dropout",
    "plan": f"ablation plan generalization {SMALL}",
}
PRINTED = re.compile(r"^```bash\n(.*?)\n```\n\n```text\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
BEFORE = {
    "compare": f"ablation run generalization {SMALL} --steps baseline,noise --seeds 2 --out results/again"
}


def main() -> None:
    printed = dict(PRINTED.findall(PAGE.read_text(encoding="utf-8"))) if PAGE.exists() else {}
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    parts = [
        "<!-- Written by `python docs/commands.py`. -->",
        "# Every command",
        "Exit codes: 0 everything done; 1 a trial failed or diverged, a check failed or `--floor` was missed; 2 a"
        " mistake\nin the input, told in one line; 130 stopped by Ctrl-C. The examples are of preset `smoke`, which"
        " only shows\nthat everything works.",
    ]
    with tempfile.TemporaryDirectory() as folder:

        def carried_out(command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command,
                shell=True,
                cwd=folder,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )

        def output(command: str) -> str:
            if "--help-only" in sys.argv and command in printed:
                return printed[command]
            if command != EXAMPLES["run"] and not (Path(folder) / "results").exists():
                carried_out(EXAMPLES["run"])
            done = carried_out(command)
            lines = [line.rstrip() for line in done.stdout.splitlines()]
            more = [f"... ({len(lines) - LINES} more lines)"] if len(lines) > LINES else []
            print(f"{command}: exit code {done.returncode}", flush=True)
            return "\n".join(lines[:LINES] + more)

        for name in COMMANDS:
            whole = subprocess.run(
                ["ablation", name, "--help"],
                cwd=folder,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                check=True,
            ).stdout.rstrip()
            parts += [f"## `ablation {name}`", f"```text\n{whole}\n```"]
            for command in filter(None, (BEFORE.get(name), EXAMPLES.get(name))):
                parts += [f"```bash\n{command}\n```", f"```text\n{output(command)}\n```"]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
