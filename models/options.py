"""Every option of a model and of its training.

The defaults are the preset `paper`: what the paper says and, where it is silent, what the work it cites says. The
command line and its help are made from these tables. The numbers in brackets are sections of the paper.
"""

import math
from dataclasses import dataclass

from data_loader.files import UserError
from models.option_tables import Options, flag, option, typed

# The sides of images that a pretrained network sees are multiples of it: its coarsest features are a 32nd as wide.
STRIDE = 32
# They change the chroma of images, so there must be chroma.
CHROMA_OPTIONS = ("match_colorfulness", "match_contrast", "half_chroma", "keep_luma")


@dataclass(frozen=True)
class ModelOptions(Options):
    """What every model has, beside `generator`, whose choices are each model's own."""

    image_size: int = option(128, "side of the images in pixels", at_least=32)
    learning_rate: float = option(2e-4, "Adam's, for generators and discriminators [4.1]", at_least=0)
    beta1: float = option(0.9, "Adam's [4.1]", at_least=0, below=1)
    beta2: float = option(0.999, "Adam's [4.1]", at_least=0, below=1)
    seed: int = option(0, "of the weights, the order of the images and all that is random", at_least=0, below=2**32)
    output: str = option(
        None,
        "G puts out colours, or chroma alone over its input's luma (default: rgb; pretrained: chroma)",
        ("rgb", "chroma"),
    )
    lambda_gan: float = option(1.0, "weight of the GAN loss, Eq. 1 or 5; with 0 no discriminator is built", at_least=0)
    encoder_rate: float = option(
        0.5, "pretrained only: the encoder's learning rate as a share of the others', 0 to leave it alone", at_least=0
    )
    match_colorfulness: float = option(
        0.0,
        "with --output chroma: share of the training photographs' colourfulness that images are given, by one factor "
        "for chroma that is fitted after each epoch; 0: no",
        at_least=0,
    )
    match_contrast: bool = option(
        False, "with --match-colorfulness: match the contrast of strong and weak chroma too, by an exponent"
    )
    half_chroma: bool = option(False, "with --output chroma: at half the luma's resolution, as in JPEG: less grain")
    keep_luma: bool = option(False, "with --output chroma: where RGB has no room, less chroma, not clipped channels")
    ema: float = option(0.0, "make images with a moving average of the weights, of this momentum", at_least=0, below=1)

    def __post_init__(self):
        self.settle(output="chroma" if self.generator == "pretrained" else "rgb")
        super().__post_init__()

    def check_together(self):
        """Raise a `UserError` where an option lacks another that it needs."""
        if self.generator == "pretrained" and self.output == "rgb":
            raise UserError("--output rgb is not what --generator pretrained puts out: leave --output out.")
        given = [name for name in CHROMA_OPTIONS if getattr(self, name)]
        if given and self.output != "chroma":
            # Off is what each is by default.
            off = " ".join(word for name in given for word in typed(name, getattr(ModelOptions, name)))
            problem = f"{', '.join(map(flag, given))}, set by you or the preset, cannot be used"
            raise UserError(f"{problem} with --output {self.output}: use --output chroma, or add {off}.")
        if self.match_contrast and not self.match_colorfulness:
            raise UserError("--match-contrast goes with --match-colorfulness: use --match-colorfulness 1, too.")
        if self.generator == "pretrained" and self.half_chroma:
            raise UserError("--half-chroma is what --generator pretrained has anyway: use --no-half-chroma.")


@dataclass(frozen=True)
class UnpairedOptions(ModelOptions):
    """What all CycleGANs have, whatever their discriminators."""

    generator: str = option(
        "resnet",
        "6-block ResNet of CycleGAN [3.1], the U-Net of Keras-GAN, or for G alone one with a pretrained encoder; "
        "F is then a U-Net, and is not built where cycle and identity have no weight",
        ("resnet", "unet", "pretrained"),
    )
    generator_filters: int = option(None, "filters of its first convolution (default: 64 resnet, 32 unet)", at_least=1)
    input_skip: bool = option(False, "U-Net only: its last layer sees the input too")
    norm: str = option("instance", "per channel and image [3.1], or over the whole image", ("instance", "layer"))
    cycle_loss: str = option("l1", "norm of the cycle loss, Eq. 2 [4.1]", ("l1", "l2"))
    lambda_cycle: float = option(10.0, "weight of the cycle loss, Eq. 3", at_least=0)
    lambda_identity: float = option(0.0, "weight of the identity loss, which the paper does not have", at_least=0)
    cycle_noise: float = option(0.0, "deviation (of -1 to 1) of noise on F(y), which then hides no colour", at_least=0)
    upright_start: bool = option(False, "turn round a G or F that begins by making negatives, which might stay")
    pool_size: int = option(0, "past fakes that discriminators see half of the time (not in the paper)", at_least=0)
    paired_weight: float = option(0.0, "weight of the paired loss on the known pairs [5]; 0 for none", at_least=0)
    paired_fraction: float = option(0.1, "share of the training images whose pair is known", at_least=0, at_most=1)
    paired_loss: str = option("l2", "norm of the paired loss [5]", ("l2", "l1"))

    @property
    def is_one_way(self):
        """Whether there is G alone, and no way back by F for it to be judged by."""
        return not (self.lambda_cycle or self.lambda_identity)

    @property
    def compares_samples(self):
        """Whether two colourings of an image are compared."""
        return self.paired_loss.endswith("energy")

    def check_together(self):
        """As in the base; and what needs F or the U-Net."""
        super().check_together()
        if self.input_skip and self.generator != "unet":
            raise UserError(f"--input-skip does nothing with --generator {self.generator}: use --no-input-skip.")
        if self.cycle_noise and self.is_one_way:
            raise UserError("--cycle-noise needs the cycle: use a --lambda-cycle above 0, or --cycle-noise 0.")
        if self.upright_start and self.is_one_way and self.output == "chroma":
            raise UserError("--upright-start has nothing to turn: there is no F, and G keeps luma. Leave it out.")
        if self.compares_samples and not self.paired_weight:
            raise UserError(f"--paired-loss {self.paired_loss} has no weight: use a --paired-weight, such as 1.")
        if self.paired_weight and not self.paired_fraction:
            raise UserError("--paired-weight needs known pairs: use a --paired-fraction above 0.")
        if not (self.lambda_gan or self.paired_weight):
            remedy = "give it a weight, or learn from pairs by --paired-weight 1 --discriminator patch70"
            raise UserError(f"--lambda-gan 0 leaves nothing that says what colours look real: {remedy}.")


# Losses of discriminators that do best with another than the paper's.
OWN_LOSS = {"patch-capsule": "margin", "projected": "hinge", "projected-capsule": "margin"}


def require_suitable_loss(gan_loss, discriminator):
    """Raise a `UserError` where a GAN loss does not read what a discriminator puts out."""
    has_capsules = discriminator.endswith("capsule")
    if gan_loss == "margin" and not has_capsules:
        raise UserError(f"--gan-loss margin reads capsules, and --discriminator {discriminator} has none: use another.")
    if gan_loss == "hinge" and has_capsules:
        problem = f"--gan-loss hinge never rests on capsules' lengths below 1, as of --discriminator {discriminator}"
        raise UserError(f"{problem}: use margin.")


def require_weight(options):
    """Raise a `UserError` where a discriminator is chosen, by a person or a preset, that is not built."""
    chosen, default = options.discriminator, type(options).discriminator
    if not options.lambda_gan and chosen != default:
        problem = f"--discriminator {chosen} has no weight with --lambda-gan 0"
        raise UserError(f"{problem}: use a --lambda-gan above 0, or --discriminator {default}.")


@dataclass(frozen=True)
class CycleGANOptions(UnpairedOptions):
    """What a `CycleGAN` is made of."""

    discriminator: str = option(
        "patch70",
        "70x70 PatchGAN, the four-stride PatchGAN of Keras-GAN, capsules with a patch output [5], or heads on what a "
        "pretrained network sees, of convolutions or of capsules",
        ("patch70", "patch-zoo", "patch-capsule", "projected", "projected-capsule"),
    )
    discriminator_filters: int = option(64, "filters of its first convolution", at_least=1)
    gan_loss: str = option(
        None,
        "Eq. 1 as least squares on logits (default), cross-entropy, margin loss (default of capsules), or hinge loss "
        "(default of projected)",
        ("mse", "bce", "margin", "hinge"),
    )

    @property
    def chosen_gan_loss(self):
        """`gan_loss`, or the discriminator's own: least squares would pull the difference of two lengths to 0."""
        return self.gan_loss or OWN_LOSS.get(self.discriminator, "mse")

    def check_together(self):
        """As in the base; and a loss suits the discriminator's output."""
        super().check_together()
        require_suitable_loss(self.chosen_gan_loss, self.discriminator)
        require_weight(self)


@dataclass(frozen=True)
class StochasticCycleGANOptions(CycleGANOptions):
    """What a `StochasticCycleGAN` is made of."""

    noise: str = option("normal", "z is Gaussian [3.3], or uniform as in the published code", ("normal", "uniform"))
    noise_size: int = option(16, "numbers in z", at_least=1)
    paired_loss: str = option(
        "l2",
        "norm of the paired loss [5]; or, not in the paper, energy or joint-energy, least when colours of regions, or "
        "of whole pictures, vary as in such images: batches then show half as many gray images, each with two z",
        ("l2", "l1", "energy", "joint-energy"),
    )


@dataclass(frozen=True)
class CapsuleCycleGANOptions(UnpairedOptions):
    """What a `CapsuleCycleGAN` is made of."""

    capsule: str = option(
        "published",
        "the published layers, routing by agreement as in Sabour et al. 2017, or routing capsules on what a pretrained "
        "network sees",
        ("published", "routing", "projected"),
    )
    discriminator_filters: int = option(None, "filters of its first convolution (256; projected: 64)", at_least=8)
    capsule_loss: str = option(
        None,
        "squared error on sigmoids (default), cross-entropy [4.2], or margin loss (routing; default of projected)",
        ("mse", "bce", "margin"),
    )
    routing_iterations: int = option(None, "routing only: its rounds (default: 3)", at_least=1)
    routing_gradient: str = option(None, "routing only: through all rounds (default), or the last", ("all", "last"))

    def __post_init__(self):
        if self.capsule == "projected":
            self.settle(capsule_loss="margin", discriminator_filters=64)
        self.settle(capsule_loss="mse", discriminator_filters=256)
        super().__post_init__()

    def check_together(self):
        """As in the base; and the published layers have one output and no routing."""
        super().check_together()
        if not self.lambda_gan:
            raise UserError("--lambda-gan 0 leaves no capsules: use cyclegan.py, or a weight above 0.")
        if self.discriminator_filters % 8:
            filters = f"--discriminator-filters {self.discriminator_filters}"
            raise UserError(f"{filters} does not make capsules of 8: use a multiple of 8.")
        if self.capsule == "routing":
            return
        if self.capsule == "published" and self.capsule_loss == "margin":
            raise UserError("--capsule-loss margin reads two capsules: use --capsule routing, or another loss.")
        if self.routing_iterations is not None or self.routing_gradient is not None:
            problem = f"--capsule {self.capsule} leaves no choice in routing"
            raise UserError(f"{problem}: leave the routing options out, or use --capsule routing.")


@dataclass(frozen=True)
class Pix2PixOptions(ModelOptions):
    """What a `Pix2Pix` is made of; where section 4.4 is silent, the values are those of pix2pix (Isola et al. 2017)."""

    beta1: float = option(0.5, "Adam's, as in pix2pix", at_least=0, below=1)
    generator: str = option("unet", "that of pix2pix, or one with a pretrained encoder", ("unet", "pretrained"))
    generator_filters: int = option(64, "filters of the U-Net's first convolution", at_least=1)
    dropout: float = option(0.5, "the z of Eq. 4: share dropped in the three innermost up blocks", at_least=0, below=1)
    norm_momentum: float = option(0.9, "of the batch norms' moving statistics", at_least=0, below=1)
    discriminator: str = option(
        "patch70",
        "70x70 PatchGAN, that of Keras-GAN, or heads on what a pretrained network sees of the colours alone",
        ("patch70", "patch-zoo", "projected", "projected-capsule"),
    )
    discriminator_filters: int = option(64, "filters of its first convolution", at_least=1)
    gan_loss: str = option(
        None,
        "the logarithms of Eq. 5 (default), least squares on logits, hinge loss (default of projected), or margin loss "
        "(default of projected-capsule)",
        ("bce", "mse", "hinge", "margin"),
    )
    lambda_l1: float = option(100.0, "weight of the L1 loss, Eq. 5", at_least=0)

    def __post_init__(self):
        self.settle(gan_loss=OWN_LOSS.get(self.discriminator, "bce"))
        super().__post_init__()

    def check_together(self):
        """As in the base; the loss suits the discriminator; and the U-Net halves its image down to 2x2."""
        super().check_together()
        require_suitable_loss(self.gan_loss, self.discriminator)
        if self.generator == "unet" and self.output == "chroma":
            raise UserError("--output chroma is not what pix2pix's U-Net puts out: use --generator pretrained.")
        if not (self.lambda_gan or self.lambda_l1):
            raise UserError("--lambda-gan 0 and --lambda-l1 0 leave nothing to learn: give one of them a weight.")
        require_weight(self)
        if self.generator != "unet":
            return
        if self.image_size < 64 or self.image_size & (self.image_size - 1):
            size, nearest = self.image_size, max(64, 2 ** round(math.log2(self.image_size)))
            raise UserError(f"--image-size {size} does not suit pix2pix, a power of two from 64 does: use {nearest}.")


@dataclass(frozen=True)
class TrainingOptions(Options):
    """How long a model trains, on which pairs, and what it leaves behind; intervals are in steps."""

    init: str = option(None, "a trained colorizer to start G from: one that comes along, a packed file or a run")
    epochs: int = option(200, "times that every image is shown [4.1, 4.4]", at_least=1)
    batch_size: int = option(1, "images a step [4.1]", at_least=1)
    lr_decay: str = option("none", "or the learning rate falls linearly to 0 over the second half", ("none", "linear"))
    pairing: str = option("shuffled", "gray and colour from all photographs, or a half each", ("shuffled", "disjoint"))
    zoom: float = option(0.0, "show random squares of images, with sides from 1 less this", at_least=0, below=1)
    exposure: float = option(0.0, "show images in other light, by a power of up to 1 plus this", at_least=0, at_most=4)
    sample_interval: int = option(500, "steps between sample grids, 0 for none but the last", at_least=0)
    checkpoint_interval: int = option(0, "steps between checkpoints, beside those each epoch and 5 minutes", at_least=0)
    max_steps: int = option(None, "stop after this many steps of the run in all (default: all epochs)", at_least=1)
