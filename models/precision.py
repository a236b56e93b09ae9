"""The precision of a run that asks for `auto`: bfloat16 where a step was measured to be faster in it, else float32.

It is read off a table, and not timed at the start: so two runs on one kind of machine have the same precision.
"""

import os
import re
from pathlib import Path

PRECISIONS = ("float32", "mixed_bfloat16")
AUTO = "auto"
PLAIN, DEPTHWISE, CAPSULES = "plain convolutions", "depthwise convolutions", "capsules"
# Where a processor has both, TensorFlow takes the wider one.
WIDEST_FIRST = ("amx_bf16", "avx512_bf16")
# Backend, instruction set and kind of network to a float32 step's time over a bfloat16 one's; see docs/speed.md.
MEASURED = {
    ("tensorflow", "avx512_bf16", PLAIN): 1.12,
    ("tensorflow", "avx512_bf16", DEPTHWISE): 0.88,
    ("tensorflow", "avx512_bf16", CAPSULES): 1.49,
    ("tensorflow", "amx_bf16", PLAIN): 1.05,
    ("tensorflow", "amx_bf16", DEPTHWISE): 0.81,
}


def automatic_precision(options, backend):
    """The faster one of `PRECISIONS` for a model's options, name to value, here; and why, in a few words."""
    kind = kind_of_network(options)
    if has_card(backend):
        return "float32", "cards were not measured"
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0":
        return "float32", "without oneDNN nothing was measured"
    here = instruction_sets()
    for name in WIDEST_FIRST:
        if name in here and (gain := MEASURED.get((backend, name, kind))):
            return PRECISIONS[gain > 1], f"bfloat16 was measured {gain:.2f} times as fast for {kind} on {name}"
    return "float32", f"no gain by bfloat16 is known for {kind} here"


def kind_of_network(options):
    """What a step's networks are for `MEASURED`: with EfficientNet in them, with capsules, or neither."""
    seen = [str(options.get(name, "")) for name in ("generator", "discriminator", "capsule")]
    if any(name.startswith(("pretrained", "projected")) for name in seen):
        return DEPTHWISE
    return CAPSULES if options.get("capsule") or "capsule" in seen[1] else PLAIN


def instruction_sets(cpuinfo="/proc/cpuinfo"):
    """The sets of bfloat16 instructions that this machine's processor says it has; on Linux alone."""
    file = Path(cpuinfo)
    told = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    return set(re.findall(rf"\b(?:{'|'.join(WIDEST_FIRST)})\b", told))


def has_card(backend):
    """Whether the backend computes on an accelerator."""
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()
