"""Install the project's packages and commands; the bounds of what it needs stand in requirements.txt."""

from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
NEEDED, _, _ = (HERE / "requirements.txt").read_text(encoding="utf-8").partition("# tests and style")
COMMANDS = ("train", "colorize", "app", "evaluate", "export", "figures", "reproduce", "benchmark")

setup(
    name="flower-colorization",
    version="0.2.0",
    description="Image Colorization using CycleGAN: a runnable reproduction in Keras 3",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT AND Apache-2.0",
    python_requires=">=3.11.4",
    py_modules=["flower_colorization"],
    packages=["data_loader", "models", "evaluation", "experiments", "experiments.support"],
    package_data={
        "models": ["efficientnet_lite0/*", "colorizers/*"],
        "data_loader": ["oxford17.csv", "oxford102.csv"],
    },
    entry_points={"console_scripts": [f"flowers-{name} = flower_colorization:main" for name in COMMANDS]},
    install_requires=[line for line in NEEDED.splitlines() if line and not line.startswith(("#", "-"))],
    extras_require={
        "browser": ["selenium>=4.30,<5"],
        "jax": ["jax>=0.6,<1"],
        "torch": ["torch>=2.7,<3"],
        "app": ["gradio>=6,<7"],
        "onnx": ["onnx>=1.18,<2", "onnxruntime>=1.22,<2", "tf2onnx>=1.16,<2"],
    },
)
