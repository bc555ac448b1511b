"""One design a module, found by `ablation.study.design`: a file dropped in here is usable at once."""

from ablation import own_code

__path__ += own_code.paths("designs")
