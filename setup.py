"""The parts of a wheel that lie beside the package in a checkout (see `ablation.places`)."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["ablation", "ablation.*"]),
        "ablation.experiments",
        "ablation.reference",
    ],
    package_dir={"ablation.experiments": "experiments", "ablation.reference": "results/reference"},
)
