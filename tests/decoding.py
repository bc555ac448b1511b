"""Read a folder of JPEGs as a user's own data set, and measure how fast and in how much memory.

    python tests/decoding.py --images 100000 [--side 64] [--csv FILE]

The images are drawn first, smooth noise in ten classes. Then they are looked at, decoded into the cache and cut into
splits as `ablation run --dataset folder:PATH` does, and read a second time, from the cache. The processor's time tells
the speed on a machine that does other things too; the memory is that of this process at its peak and as much as the
largest reading process for each of them.
"""

import argparse
import csv
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CLASSES, QUALITY = 10, 90


def draw(folder: Path, images: int, side: int) -> None:
    """JPEGs of some side in `CLASSES` folders."""
    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
    for place in range(images):
        coarse = Image.fromarray(rng.integers(0, 256, (side // 8, side // 8, 3), np.uint8))
        file = folder / f"class{place % CLASSES}" / f"{place}.jpg"
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(file, quality=QUALITY)


def measure(folder: Path) -> dict[str, Any]:
    """What reading a folder of images costs; nothing of it may be in the cache yet."""
    from ablation import data
    from ablation.data.own import workers

    busy = os.getloadavg()[0]
    began, spent = time.perf_counter(), _processor()
    splits = data.load(f"folder:{folder}")
    seconds, processor = time.perf_counter() - began, _processor() - spent
    mine, largest = (
        resource.getrusage(one).ru_maxrss for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    images, sha256 = len(splits.x_train) + len(splits.x_val) + len(splits.x_test), splits.sha256
    del splits
    began = time.perf_counter()
    assert data.load(f"folder:{folder}").sha256 == sha256
    cores = len(os.sched_getaffinity(0))
    processes = min(workers.MOST, cores) if images > workers.FEW else 0
    return {
        "images": images,
        "cores": cores,
        "load_before": round(busy, 2),
        "images_per_second": round(images / seconds),
        "processor_us_per_image": round(1e6 * processor / images),
        "seconds_from_cache": round(time.perf_counter() - began, 2),
        "memory_mb": round((mine + processes * largest) / 1024),
    }


def of_pillow(files: Sequence[Path | bytes]) -> float:
    """Microseconds of processor time that Pillow takes to open and decode an image."""
    began = time.process_time()
    for file in files:
        np.asarray(Image.open(io.BytesIO(file) if isinstance(file, bytes) else file).convert("RGB"))
    return 1e6 * (time.process_time() - began) / len(files)


def _processor() -> float:
    """Seconds of this process and of its ended children."""
    used = [resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ABLATION_CACHE_DIR"] = str(Path(folder) / "cache")
        draw(Path(folder) / "images", given.images, given.side)
        found = measure(Path(folder) / "images")
    print(", ".join(f"{name} {value}" for name, value in found.items()))
    if given.csv:
        with given.csv.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, found)
            table.writeheader()
            table.writerow(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
