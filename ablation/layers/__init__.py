"""The layers that Keras lacks, one public class a file. Importing the package lets Keras load models that use them."""

import importlib
import pkgutil

import ablation.initializers  # noqa: F401
from ablation import own_code

__path__ += own_code.paths("layers")

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
