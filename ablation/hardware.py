"""What this machine can do: precision, device name, memory."""

import contextlib
import os
import platform
import resource
import sys
from functools import cache
from pathlib import Path

import keras

from ablation.errors import UserError
from ablation.keras_private import jax_has_begun

ONE_THREAD_ON_JAX = "--xla_cpu_multi_thread_eigen=false"
MEMORY_A_TRIAL = 2.6e9  # bytes; the largest of the lectures' networks takes 2.5e9 on all of CIFAR-10


def use_own_settings() -> None:
    """Set what Keras would otherwise take from `keras.json` and what changes numbers, to Keras' own defaults.

    The file lies in the user's home and is no part of a trial's hash: its `floatx`, `epsilon` and `image_data_format`
    would train another network under the same one.
    """
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    if keras.config.dtype_policy().name != "float32":
        keras.config.set_dtype_policy("float32")


def use_threads(count: int = 1) -> None:
    """Let this process compute every operation on so many processor threads; to be called before the first one.

    The number of threads decides in which order sums are added up. It is the run's, not the machine's, so figures
    depend neither on the machine's cores nor on how many trials run at a time.

    Args:
        count: 1 or more. On more than one a trial ends sooner; a study of many trials does not.

    Raises:
        UserError: more than one are asked for, and this process has computed on another number of them.
    """
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(count)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError:
            _refuse_other_threads(count)
    elif backend == "jax":
        flags = os.environ.get("XLA_FLAGS", "")
        several = {"XLA_FLAGS": flags.replace(ONE_THREAD_ON_JAX, "").strip(), "NPROC": str(count)}
        if (
            count > 1
            and jax_has_begun()
            and any(os.environ.get(name, "") != one for name, one in several.items())
        ):
            _refuse_other_threads(count)
        if count > 1:
            os.environ.update(several)
        elif "multi_thread_eigen" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {ONE_THREAD_ON_JAX}".strip()
    else:
        import torch

        torch.set_num_threads(count)


def _refuse_other_threads(count: int) -> None:
    """One thread is what a trial asks for unless told otherwise: whoever computed before it settled the number."""
    if count > 1:
        raise UserError(
            f"threads: this process has begun to compute on another number than {count}; start a new one"
        )


def default_jobs(threads: int = 1) -> int:
    """Trials at a time: one on each accelerator, or as many as processor cores and memory suffice for.

    Args:
        threads: of a trial.
    """
    if accelerators():
        return len(accelerators())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(usable_cores() // threads, int(memory / MEMORY_A_TRIAL)))


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def accelerators() -> tuple[str, ...]:
    """Names of the GPUs (or TPUs) that the active Keras backend can use; empty on a CPU."""
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return tuple(d.device_kind for d in jax.devices() if d.platform != "cpu")
    if backend == "torch":
        import torch

        return tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return tuple(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus)


@cache
def cpu_flags() -> frozenset[str]:
    """Instruction-set flags of the processor, lower case; empty where the system does not list them."""
    file = Path("/proc/cpuinfo")
    if not file.is_file():
        return frozenset()
    lines = (line for line in file.read_text().splitlines() if line.startswith(("flags", "Features")))
    return frozenset(next(lines, "").partition(":")[2].split())


def computes_in_bfloat16() -> bool:
    """Whether bfloat16 is a native format: AVX512-BF16 or AMX on a CPU, Ampere or newer on a GPU."""
    if not accelerators():
        return bool(cpu_flags() & {"avx512_bf16", "amx_bf16", "bf16"})
    backend = keras.config.backend()
    if backend == "torch":
        import torch

        return torch.cuda.get_device_capability()[0] >= 8
    if backend == "jax":
        import jax

        return float(getattr(jax.devices()[0], "compute_capability", 8.0)) >= 8
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    return details.get("compute_capability", (8, 0))[0] >= 8


def device_name() -> str:
    """The accelerator, or the processor's model with its usable cores."""
    if accelerators():
        return accelerators()[0]
    model = platform.processor() or platform.machine()
    file = Path("/proc/cpuinfo")
    if file.is_file():
        names = [
            x.partition(":")[2].strip() for x in file.read_text().splitlines() if x.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {usable_cores()} cores"


def forget_peak_memory() -> bool:
    """Let `peak_memory_mb` count from now on; False where the system cannot (only Linux can, and not everywhere)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return _high_water_mb() is not None


def _high_water_mb() -> float | None:
    """The largest resident memory since `forget_peak_memory`, MB, as Linux tells it."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return None


def peak_memory_mb() -> float:
    """The process's largest resident memory, MB: since `forget_peak_memory`, or else so far."""
    if (peak := _high_water_mb()) is not None:
        return peak
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
