"""JAX: one compiled loop over steps; the state goes in and comes out, its memory is reused."""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ablation.engine import PREDICT_BATCH
from ablation.engine.alternating import own_index, turned
from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner
from ablation.engine.lookahead import Slow
from ablation.keras_private import set_value

STEPS_PER_CALL = 64


class JaxEngine:
    def __init__(self, learner: Learner, held: TrainingSet) -> None:
        self.learner, self._held = learner, held
        trainable, untrained = learner.trainable, learner.untrained

        def objective(weights: list, others: list, slots: list, x: jax.Array, y: jax.Array) -> tuple:
            variables = [*trainable, *untrained, *learner.optimizer.variables]
            mapping = list(zip(variables, [*weights, *others, *slots], strict=True))
            with keras.StatelessScope(state_mapping=mapping) as scope:
                loss, hits = learner.objective(x, y)
                scaled = learner.optimizer.scale_loss(loss)
            return scaled, (loss, hits, [scope.get_current_value(variable) for variable in untrained])

        gradient = jax.value_and_grad(objective, has_aux=True)

        def step(state: tuple, indices: jax.Array, images: jax.Array, labels: jax.Array) -> tuple:
            weights, others, slots, slow = state
            places = own_index(indices, images) if learner.alternates else indices
            batch = turned(images[places], indices, images) if learner.alternates else images[places]
            (_, (loss, hits, others)), gradients = gradient(weights, others, slots, batch, labels[places])
            weights, slots = learner.optimizer.stateless_apply(slots, gradients, weights)
            state = (weights, others, slots, slow)
            return state if learner.slow is None else _pulled(learner, learner.slow, state), loss, hits

        def train(
            state: tuple, batches: jax.Array, steps: jax.Array, images: jax.Array, labels: jax.Array
        ) -> tuple:
            def body(i: jax.Array, carry: tuple) -> tuple:
                state, losses, total = carry
                state, loss, hits = step(state, batches[i], images, labels)
                return state, losses.at[i].set(loss), total + hits

            return jax.lax.fori_loop(0, steps, body, (state, jnp.zeros(len(batches)), jnp.int32(0)))

        def predict(weights: list, others: list, batch: jax.Array) -> jax.Array:
            logits, _ = learner.model.stateless_call(weights, others, batch.astype("float32"), training=False)
            return logits

        def predict_noisy(weights: list, others: list, batch: jax.Array) -> jax.Array:
            logits, _ = learner.noisy.stateless_call(weights, others, batch.astype("float32"))
            return logits

        self._train = jax.jit(train, donate_argnums=0)
        self._predict, self._predict_noisy = jax.jit(predict), jax.jit(predict_noisy)

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        losses, hits = [], 0
        images, labels = self._training_set()
        for start in range(0, len(batches), STEPS_PER_CALL):
            part = batches[start : start + STEPS_PER_CALL]
            filled = self._placed(np.pad(part, ((0, STEPS_PER_CALL - len(part)), (0, 0))))
            state, some, hit = self._train(self._state(), filled, len(part), images, labels)
            self._keep(state)
            losses.append(np.asarray(some)[: len(part)])
            hits += int(hit)
        return np.concatenate(losses), hits

    @property
    def one_size(self) -> int:
        return min(PREDICT_BATCH, len(self._held.arrays[0]))

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        model = self.learner.noisy if noisy else self.learner.model
        weights = [v.value for v in model.trainable_variables]
        others = [v.value for v in model.non_trainable_variables]
        return np.asarray((self._predict_noisy if noisy else self._predict)(weights, others, images))

    def _training_set(self) -> tuple[jax.Array, jax.Array]:
        """On the device, or the devices, that train on it."""
        return self._held.placed(lambda *arrays: tuple(map(jnp.asarray, arrays)))

    def _placed(self, batches: np.ndarray) -> Any:
        """The indices of some batches on the device, or the devices, that train on them."""
        return batches

    def _groups(self) -> tuple[list[Any], ...]:
        learner = self.learner
        return learner.trainable, learner.untrained, learner.optimizer.variables, learner.slow_variables

    def _state(self) -> tuple[list[Any], ...]:
        return tuple([variable.value for variable in group] for group in self._groups())

    def _keep(self, state: tuple[list[Any], ...]) -> None:
        for group, values in zip(self._groups(), state, strict=True):
            for variable, value in zip(group, values, strict=True):
                set_value(variable, value)


def _pulled(learner: Learner, how: Slow, state: tuple) -> tuple:
    """The state after a step with the slow weights pulled, and all that they follow set back to them."""
    weights, others, slots, slow = state
    own = {id(variable): value for variable, value in zip(learner.untrained, others, strict=True)}
    optimizer = {
        id(variable): value for variable, value in zip(learner.optimizer.variables, slots, strict=True)
    }
    fast = [*weights, *(own[id(variable)] for variable in how.fast[len(weights) :])]
    fast, slow = how.pulled(optimizer[id(learner.optimizer.iterations)], fast, slow)
    followed = {id(variable): value for variable, value in zip(how.fast, fast, strict=True)}
    others = [
        followed.get(id(variable), value) for variable, value in zip(learner.untrained, others, strict=True)
    ]
    return fast[: len(weights)], others, slots, slow
