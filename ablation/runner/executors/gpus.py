"""Which GPU a process of its own may see, and how much of its memory it may take."""

import os
from collections.abc import Mapping, Sequence

from ablation.hardware import accelerators


def visible_gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; empty without a GPU."""
    named = environment.get("CUDA_VISIBLE_DEVICES", "")
    return [one.strip() for one in named.split(",") if one.strip()] or list(
        map(str, range(len(accelerators())))
    )


def variables_of_worker(index: int, workers: int, gpus: Sequence[str]) -> dict[str, str]:
    """The environment of one of several workers: a GPU of its own, or a share of one.

    Args:
        index: of the worker, from 0.
        workers: how many there are.
        gpus: what `visible_gpus` gave.
    """
    if not gpus:
        return {}
    sharers = -(-workers // len(gpus))
    return {"CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)], **memory_variables(1 / sharers)}


def memory_variables(share: float) -> dict[str, str]:
    """The environment of a process that may take a share (0-1) of a GPU's memory.

    TensorFlow and JAX then take memory as they need it; JAX ends at the share, TensorFlow knows no limit from outside.
    """
    if share == 0 or share >= 1:
        return {}
    return {
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 * share:.3f}",
    }
