"""The precision of a run that asks for `auto`: bfloat16 where a step was measured to be faster in it, else float32.

It is read off a table, and not timed at the start: so two runs on one kind of machine have the same precision.
"""

import re
from pathlib import Path

PRECISIONS = ("float32", "mixed_bfloat16")
AUTO = "auto"
# Backend, instruction set and kind of network to a float32 step's time over a bfloat16 one's; see docs/speed.md.
MEASURED = {
    ("tensorflow", "avx512_bf16", "plain"): 1.45,
    ("tensorflow", "amx_bf16", "plain"): 1.05,
    ("tensorflow", "amx_bf16", "depthwise"): 0.81,
}


def automatic_precision(options, backend):
    """The faster one of `PRECISIONS` for a model's options, name to value, here; and why, in a few words."""
    kind = kind_of_network(options)
    if has_card(backend):
        return "float32", "cards were not measured"
    gains = {name: MEASURED.get((backend, name, kind)) for name in instruction_sets()}
    known = {name: gain for name, gain in gains.items() if gain}
    if not known:
        return "float32", f"no gain by bfloat16 is known for {kind} convolutions here"
    # Where a processor has two of them, TensorFlow takes the wider one.
    name = "amx_bf16" if "amx_bf16" in known else min(known)
    return PRECISIONS[known[name] > 1], f"{kind} convolutions on {name}: bfloat16 {known[name]:.2f} times as fast"


def kind_of_network(options):
    """What most of a step's arithmetic is: "depthwise" where EfficientNet takes part in it, else "plain"."""
    seen = (options.get(name) for name in ("generator", "discriminator", "capsule"))
    return "depthwise" if any(str(name).startswith(("pretrained", "projected")) for name in seen) else "plain"


def instruction_sets(cpuinfo="/proc/cpuinfo"):
    """The sets of bfloat16 instructions that this machine's processor says it has; on Linux alone."""
    file = Path(cpuinfo)
    told = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    return set(re.findall(r"\b(?:avx512_bf16|amx_bf16)\b", told))


def has_card(backend):
    """Whether the backend computes on an accelerator."""
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    return False
