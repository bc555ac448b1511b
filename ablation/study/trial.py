"""A trial: one setting under one seed, and the hash that knows it again."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from ablation.study.setting import Setting

CONTRACT = 1


@dataclass(frozen=True)
class Trial:
    """All that decides the numbers of one training.

    Attributes:
        setting: recipe (its precision settled, not `auto`) and numbers of images.
        seed: of every random stream.
        dataset: name.
        sha256: of the dataset's arrays.
        protocol: `honest` or `lecture`.
        backend: the Keras backend.
        devices: how many share each batch.
        threads: of a processor that compute each operation.
        code: sha256 of the user's own files that decide numbers, or empty.
    """

    setting: Setting
    seed: int
    dataset: str
    sha256: str
    protocol: str
    backend: str
    devices: int = 1
    threads: int = 1
    code: str = ""

    @cached_property
    def config_hash(self) -> str:
        """16 hex digits: equal for equal configurations, whatever study or design they stand in.

        A recipe counts by what differs from its defaults, so a field added later leaves finished trials valid; whoever
        changes a default or what a field means raises `CONTRACT`.
        """
        content = {
            "contract": CONTRACT,
            "recipe": self.setting.recipe.model_dump(mode="json", exclude_defaults=True),
            "sizes": self.setting.sizes.model_dump(mode="json", exclude_defaults=True),
            "seed": self.seed,
            "dataset": self.dataset,
            "sha256": self.sha256,
            "protocol": self.protocol,
            "backend": self.backend,
        }
        content |= {"devices": self.devices} if self.devices > 1 else {}
        content |= {"threads": self.threads} if self.threads > 1 else {}
        content |= {"code": self.code} if self.code else {}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
