"""Train models in a process of its own, which a test may kill.

python training_process.py PHOTO_FOLDER CASES_JSON

CASES_JSON: a list of [class name and maybe words, options, training, run directories]. One model trains the runs of a
case one after another, each from the same beginning, so that its step is compiled once. The U-Net takes long to compile
and has no state but its weights, so only the capsule model has it: its step is the largest of these, and so shows best
whether TensorFlow compiles the same step in every process. The other CycleGANs have two convolutions in its place.
"""

import gc
import json
import sys

import keras
from keras import layers, ops

import models
from data_loader import load_flowers
from models import cyclegan
from models.layers import tanh_output
from models.normalization import normalization

unet_generator = cyclegan.unet_generator


def two_convolutions(image_size, in_channels, out_channels, norm, filters, name, noise=None, noise_size=16, **_):
    """A generator with what a U-Net's blocks have: a convolution, a norm, and z in it if there is noise."""
    inputs = [keras.Input((image_size, image_size, in_channels))]
    inputs += [keras.Input((noise_size,))] if noise else []
    x = layers.Conv2D(filters, 3, padding="same")(inputs[0])
    x = normalization(norm, noise, *inputs[1:])(layers.LeakyReLU(0.2)(x))
    x = layers.Conv2D(out_channels, 3, padding="same")(x)
    return keras.Model(inputs if noise else inputs[0], tanh_output(x), name=name)


if __name__ == "__main__":
    photo_folder, cases = sys.argv[1], json.loads(sys.argv[2])
    # Nothing here needs it, and it walks over the many objects of a step that is being compiled again and again.
    gc.disable()
    for name, options, training, run_dirs in cases:
        cyclegan.unet_generator = unet_generator if name == "CapsuleCycleGAN" else two_convolutions
        gan = getattr(models, name.split()[0])(**options)
        flowers = load_flowers(photo_folder, gan.options.image_size)
        state = gan.state
        beginning = [ops.convert_to_numpy(variable) for variable in state]
        for run_dir in run_dirs:
            for variable, value in zip(state, beginning, strict=True):
                variable.assign(value)
            gan.train(flowers, run_dir, checkpoint_interval=1, sample_interval=0, **training)
