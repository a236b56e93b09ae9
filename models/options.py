"""Every option of a model and of its training.

The defaults are the preset `paper`: what the paper says and, where it is silent, what the work it cites says. The
command line and its help are made from these tables. The numbers in brackets are sections of the paper.
"""

import math
from dataclasses import dataclass

from data_loader.errors import UserError
from models.option_table import Options, flag, option, typed


@dataclass(frozen=True)
class ModelOptions(Options):
    """What every model has."""

    image_size: int = option(128, "side of the images in pixels", at_least=32)
    learning_rate: float = option(2e-4, "Adam's, for generators and discriminators [4.1]", at_least=0)
    beta1: float = option(0.9, "Adam's [4.1]", at_least=0, below=1)
    beta2: float = option(0.999, "Adam's [4.1]", at_least=0, below=1)
    seed: int = option(0, "of the weights, the order of the images and all that is random", at_least=0, below=2**32)


# What is done to the chroma of images.
OF_CHROMA = ("match_colorfulness", "match_contrast", "half_chroma", "keep_luma")


@dataclass(frozen=True)
class UnpairedOptions(ModelOptions):
    """What all CycleGANs have, whatever their discriminators."""

    generator: str = option("resnet", "6-block ResNet of CycleGAN [3.1], or the U-Net of Keras-GAN", ("resnet", "unet"))
    generator_filters: int = option(None, "filters of its first convolution (default: 64 resnet, 32 unet)", at_least=1)
    input_skip: bool = option(False, "U-Net only: its last layer sees the input too")
    output: str = option("rgb", "G puts out colours, or chroma alone over its input's luma", ("rgb", "chroma"))
    match_colorfulness: float = option(
        0.0,
        "with --output chroma: images get this share of the training photographs' colourfulness, by one factor for "
        "chroma that is fitted after each epoch; 0: no",
        at_least=0,
    )
    match_contrast: bool = option(
        False,
        "with --match-colorfulness: strong and weak chroma differ as much as in the training photographs, by one "
        "exponent that is fitted beside the factor",
    )
    half_chroma: bool = option(
        False,
        "with --output chroma: images have it at half the resolution of the luma, as in JPEG, which takes grain out",
    )
    keep_luma: bool = option(
        False,
        "with --output chroma: where RGB has no room for the chroma, images have less of it instead of clipped "
        "channels, so that luma and hue stay",
    )
    norm: str = option(
        "instance", "per channel and image [3.1], or over height, width and channels", ("instance", "layer")
    )
    cycle_loss: str = option("l1", "norm of the cycle loss, Eq. 2 [4.1]", ("l1", "l2"))
    lambda_cycle: float = option(10.0, "weight of the cycle loss, Eq. 3", at_least=0)
    lambda_identity: float = option(0.0, "weight of the identity loss, which the paper does not have", at_least=0)
    ema: float = option(0.0, "make images with a moving average of the weights, of this momentum", at_least=0, below=1)
    cycle_noise: float = option(
        0.0,
        "deviation, of the range [-1, 1], of noise on F(y) before G colours it, so that F hides no colour there",
        at_least=0,
    )
    pool_size: int = option(0, "past fakes that the discriminators see half of the time [4]; 0 for none", at_least=0)
    paired_weight: float = option(0.0, "weight of the paired loss on the known pairs [5]; 0 for none", at_least=0)
    paired_fraction: float = option(0.1, "share of the training images whose pair is known", at_least=0, at_most=1)
    paired_loss: str = option("l2", "norm of the paired loss [5]", ("l2", "l1"))

    def check_together(self):
        """The input skip is the U-Net's; what is done to the chroma needs chroma; contrast goes with strength; a paired
        loss needs pairs.
        """
        if self.input_skip and self.generator != "unet":
            raise UserError(f"--input-skip does nothing with --generator {self.generator}: use --generator unet.")
        of_chroma = [name for name in OF_CHROMA if getattr(self, name)]
        if of_chroma and self.output != "chroma":
            needless = ", ".join(flag(name) for name in of_chroma)
            # Off is what each is by default.
            off = " ".join(word for name in of_chroma for word in typed(name, getattr(UnpairedOptions, name)))
            raise UserError(
                f"{needless}, set by you or the preset, cannot be used with --output {self.output}: "
                f"use --output chroma, or add {off}."
            )
        if self.match_contrast and not self.match_colorfulness:
            raise UserError("--match-contrast goes with --match-colorfulness: use --match-colorfulness 1, too.")
        if self.paired_weight and not self.paired_fraction:
            raise UserError("--paired-weight needs known pairs: use a --paired-fraction above 0.")


@dataclass(frozen=True)
class CycleGANOptions(UnpairedOptions):
    """What a `CycleGAN` is made of."""

    discriminator: str = option(
        "patch70",
        "70x70 PatchGAN, the four-stride PatchGAN of Keras-GAN, or capsules with a patch output [5]",
        ("patch70", "patch-zoo", "patch-capsule"),
    )
    discriminator_filters: int = option(64, "filters of its first convolution", at_least=1)
    gan_loss: str = option(
        None,
        "Eq. 1 as least squares on logits (default), as cross-entropy, or as margin loss (default of patch-capsule)",
        ("mse", "bce", "margin"),
    )

    @property
    def chosen_gan_loss(self):
        """`gan_loss`, or the discriminator's own: least squares would pull the difference of two lengths to 0."""
        return self.gan_loss or ("margin" if self.discriminator == "patch-capsule" else "mse")

    def check_together(self):
        """Margin loss reads capsule lengths."""
        super().check_together()
        if self.chosen_gan_loss == "margin" and self.discriminator != "patch-capsule":
            raise UserError("--gan-loss margin reads capsules: use --discriminator patch-capsule, or another loss.")


@dataclass(frozen=True)
class StochasticCycleGANOptions(CycleGANOptions):
    """What a `StochasticCycleGAN` is made of."""

    noise: str = option(
        "normal",
        "Gaussian z that scales and shifts linearly [3.3], or as the published code did",
        ("normal", "uniform"),
    )
    noise_size: int = option(16, "numbers in z", at_least=1)


@dataclass(frozen=True)
class CapsuleCycleGANOptions(UnpairedOptions):
    """What a `CapsuleCycleGAN` is made of."""

    capsule: str = option(
        "published", "the published layers, or routing by agreement as in the paper's [13]", ("published", "routing")
    )
    discriminator_filters: int = option(256, "filters of its first convolution", at_least=8)
    capsule_loss: str = option(
        "mse",
        "squared error on the sigmoid, cross-entropy [4.2], or (routing only) margin loss",
        ("mse", "bce", "margin"),
    )
    routing_iterations: int = option(None, "rounds of routing (default: 3; published has three)", at_least=1)
    routing_gradient: str = option(
        None, "through all rounds, or the last only (default: all; published has no routing)", ("all", "last")
    )

    def check_together(self):
        """The published layers have one output and no routing."""
        super().check_together()
        if self.discriminator_filters % 8:
            filters = f"--discriminator-filters {self.discriminator_filters}"
            raise UserError(f"{filters} does not make capsules of 8: use a multiple of 8.")
        if self.capsule == "routing":
            return
        if self.capsule_loss == "margin":
            raise UserError("--capsule-loss margin reads two capsules: use --capsule routing, or another loss.")
        if self.routing_iterations is not None or self.routing_gradient is not None:
            raise UserError(
                "--capsule published does not route: leave the routing options out, or use --capsule routing."
            )


@dataclass(frozen=True)
class Pix2PixOptions(ModelOptions):
    """What a `Pix2Pix` is made of; where section 4.4 is silent, the values are those of its [14]."""

    beta1: float = option(0.5, "Adam's, as in pix2pix", at_least=0, below=1)
    generator_filters: int = option(64, "filters of the U-Net's first convolution", at_least=1)
    dropout: float = option(
        0.5, "the noise z of Eq. 4: dropped share in the three innermost up blocks", at_least=0, below=1
    )
    norm_momentum: float = option(0.9, "of the batch norms' moving statistics", at_least=0, below=1)
    discriminator: str = option("patch70", "70x70 PatchGAN, or that of Keras-GAN", ("patch70", "patch-zoo"))
    discriminator_filters: int = option(64, "filters of its first convolution", at_least=1)
    gan_loss: str = option("bce", "the logarithms of Eq. 5, or least squares on logits", ("bce", "mse"))
    lambda_l1: float = option(100.0, "weight of the L1 loss, Eq. 5", at_least=0)

    def check_together(self):
        """The U-Net halves its image down to 2x2."""
        if self.image_size < 64 or self.image_size & (self.image_size - 1):
            size, nearest = self.image_size, max(64, 2 ** round(math.log2(self.image_size)))
            raise UserError(f"--image-size {size} does not suit pix2pix, a power of two from 64 does: use {nearest}.")


@dataclass(frozen=True)
class TrainingOptions(Options):
    """How long a model trains, on which pairs, and what it leaves behind; intervals are in steps."""

    epochs: int = option(200, "times that every image is shown [4.1, 4.4]", at_least=1)
    batch_size: int = option(1, "images a step [4.1]", at_least=1)
    lr_decay: str = option("none", "or the learning rate falls linearly to 0 over the second half", ("none", "linear"))
    pairing: str = option(
        "shuffled",
        "both domains from all photographs, or gray from one half and colour from the other",
        ("shuffled", "disjoint"),
    )
    sample_interval: int = option(500, "steps between sample grids, 0 for none but the last", at_least=0)
    checkpoint_interval: int = option(0, "steps between checkpoints, beside those each epoch and 5 minutes", at_least=0)
    max_steps: int = option(None, "stop after this many steps of the run in all (default: all epochs)", at_least=1)


# These may change when a run is resumed; whatever else changes makes it another run.
RESUMABLE = ("epochs", "sample_interval", "checkpoint_interval", "max_steps")


def decides_what_is_learned(options):
    """The entries of an options dict that may not change on resume; a decaying rate depends on the epochs too."""
    free = set(RESUMABLE) - ({"epochs"} if options.get("lr_decay") == "linear" else set())
    return {name: value for name, value in options.items() if name not in free}
