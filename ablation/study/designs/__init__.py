"""One design a module, found by `ablation.study.design`: a file dropped in here is usable at once."""
