"""PyTorch through Keras: an eager loop of steps."""

import numpy as np
import torch

from ablation.engine.alternating import own_index, turned
from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner
from ablation.keras_private import torch_device as get_device


class TorchEngine:
    one_size = None

    def __init__(self, learner: Learner, held: TrainingSet) -> None:
        self.learner, self._held = learner, held

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        device = get_device()
        images, labels = self._held.placed(_on_device)
        losses, total = [], torch.zeros((), dtype=torch.int32, device=device)
        weights = [variable.value for variable in self.learner.trainable]
        for indices in torch.as_tensor(batches, device=device):
            places = own_index(indices, images) if self.learner.alternates else indices
            batch = turned(images[places], indices, images) if self.learner.alternates else images[places]
            loss, hits = self.learner.objective(batch, labels[places])
            gradients = torch.autograd.grad(self.learner.optimizer.scale_loss(loss), weights)
            with torch.no_grad():
                self.learner.optimizer.apply(list(gradients), self.learner.trainable)
                if self.learner.slow is not None:
                    self.learner.slow.pull(self.learner.optimizer.iterations.value)
            losses.append(loss.detach())
            total += hits
        return torch.stack(losses).cpu().numpy(), int(total)

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        with torch.no_grad():
            batch = torch.as_tensor(np.ascontiguousarray(images), device=get_device()).to(torch.float32)
            logits = self.learner.noisy(batch) if noisy else self.learner.model(batch, training=False)
            return logits.cpu().numpy()


def _on_device(images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.as_tensor(images, device=get_device()), torch.as_tensor(labels, device=get_device())
