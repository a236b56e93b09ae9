"""Three steps of each system from its seed: the terms of each step, and a digest of all that was learned."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

import models
from data_loader import Batches, load_flowers
from data_loader.files import usable_cpus

STEPS = 3
UNET = {"image_size": 32, "generator": "unet", "generator_filters": 4}
PATCHES = {"discriminator": "patch-zoo", "discriminator_filters": 4}
CHROMA = {"output": "chroma", "lambda_identity": 1.0, "cycle_noise": 0.05, "ema": 0.9, "pool_size": 2}
SYSTEMS = {
    "CycleGAN": {"image_size": 32, "generator_filters": 4, "discriminator_filters": 4, "paired_weight": 10.0},
    "CapsuleCycleGAN": UNET | {"discriminator_filters": 16, "seed": 3},
    "StochasticCycleGAN": UNET | PATCHES | CHROMA,
    "Pix2Pix": {"image_size": 64, "generator_filters": 4, "discriminator_filters": 4, "seed": 1},
}


def three_steps(name):
    """The terms of three steps of a class in `SYSTEMS`, and the SHA-256 of its variables and of Adam's after them."""
    gan = getattr(models, name)(**SYSTEMS[name])
    batches = Batches(load_flowers("synthetic", gan.options.image_size).split("train"), 2, gan.options.seed, gan.paired)
    terms = [gan.train_on(gan.batch(batches, step)) for step in range(STEPS)]
    digest = hashlib.sha256()
    for variable in [*gan.variables, *gan.optimizer.variables]:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
    return terms, digest.hexdigest()


def machine():
    """What bits depend on: the backend and its version, the processor with its instruction set, and the threads."""
    backend = keras.backend.backend()
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = sorted(flag for flag in facts.get("flags", "").split() if flag.startswith(("avx", "amx", "fma")))
    processor = [facts.get(name, "") for name in ("model name", "cpu family", "model", "cache size")]
    return {
        "backend": f"{backend} {version(backend)}",
        "processor": " ".join([platform.machine(), *processor]),
        "instructions": " ".join(flags),
        "threads": usable_cpus(),
    }
