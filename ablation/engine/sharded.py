"""JAX on several devices: the compiled step of one device, split by `keras.distribution`.

Variables and training set lie on every device, the indices of a batch are shared out, and XLA splits everything that
follows from them. The program still means the whole batch: its statistics and its noise are one device's, and so are
the numbers, to rounding.
"""

from functools import cache

import jax
import keras
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from ablation.engine.held import TrainingSet
from ablation.engine.jax import JaxEngine
from ablation.engine.learner import Learner


def devices() -> list[str]:
    """The accelerators, or the CPU devices where there is none."""
    return keras.distribution.list_devices()


@cache
def distribution(count: int) -> keras.distribution.DataParallel:
    return keras.distribution.DataParallel(devices=devices()[:count], auto_shard_dataset=False)


class ShardedEngine(JaxEngine):
    def __init__(self, learner: Learner, held: TrainingSet, count: int) -> None:
        super().__init__(learner, held)
        over = distribution(count)
        mesh = over.device_mesh.backend_mesh
        self._everywhere = NamedSharding(mesh, PartitionSpec())
        self._shares = NamedSharding(mesh, PartitionSpec(None, over.batch_dim_name))

    def _training_set(self) -> tuple[jax.Array, jax.Array]:
        def put(*arrays: np.ndarray) -> tuple[jax.Array, jax.Array]:
            return jax.device_put(arrays, self._everywhere)

        return self._held.placed(put)

    def _placed(self, batches: np.ndarray) -> jax.Array:
        return jax.device_put(batches, self._shares)
