"""Install the project's packages; the bounds of what it needs stand in requirements.txt."""

from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
LINES = (HERE / "requirements.txt").read_text().splitlines()

setup(
    name="flower-colorization",
    version="0.1.0",
    description="Image Colorization using CycleGAN: a runnable reproduction in Keras 3",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=["models", "data_loader", "evaluation", "experiments"],
    package_data={"data_loader": ["oxford17.csv"]},
    install_requires=[line for line in LINES if line and not line.startswith(("#", "-"))],
    extras_require={"jax": ["jax>=0.6,<1"], "torch": ["torch>=2.7,<3"]},
)
