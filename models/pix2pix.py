"""pix2pix, the conditional GAN that learns from pairs, to compare with (§3.5, 4.4)."""

import math

import keras
from keras import layers, ops

from models.convolutions import WideConv2D, WideConv2DTranspose
from models.discriminators import DISCRIMINATORS
from models.gan import ColorizationGAN
from models.generators import colorizer, pretrained_generator
from models.layers import normal, tanh_output
from models.losses import GAN_LOSSES, l1
from models.normalization import batch_norm
from models.options import Pix2PixOptions

WIDEST = 8  # times the first convolution's filters: 512 for 64
DROPOUT_BLOCKS = 3
BOTTLENECK = 2  # pixels; at pix2pix's 1, a batch norm of a single image would put out 0


class Pix2Pix(ColorizationGAN):
    """Colours gray photographs, learned from pairs: G maps gray x (and noise z) to colour y, D judges (x, y).

    When it colours, batch norms use their moving statistics and nothing is dropped, unless samples are asked for.
    """

    options_type = Pix2PixOptions
    paired = True

    def __init__(self, **options):
        super().__init__(**options)
        o = self.options
        self.choose_adversary(GAN_LOSSES, o.gan_loss, o.discriminator.startswith("projected"))
        if o.generator == "pretrained":
            self.G = self.over_luma(pretrained_generator(o.image_size, "chroma"))
            self.colorizer = colorizer(self.G)
        else:
            self.G = self.colorizer = self.build_unet()
        if o.lambda_gan:
            self.D = self.build_discriminator()
        self.finish(["gan", "l1", "d"] if o.lambda_gan else ["l1"])

    def build_unet(self):
        """pix2pix's U-Net: k4 s2 convolutions 64-128-256-512-512... down to 2×2, and back with skips.

        (n, S, S, 1) to (n, S, S, 3), both in [-1, 1]. Dropout in the innermost blocks on the way up is the z of Eq. 4.
        """
        o = self.options
        halvings = round(math.log2(o.image_size / BOTTLENECK))
        widths = [min(2**depth, WIDEST) * o.generator_filters for depth in range(halvings)]

        def normed(x):
            return batch_norm(momentum=o.norm_momentum)(x)

        gray = x = keras.Input((o.image_size, o.image_size, 1))
        skips = []
        for depth, filters in enumerate(widths):
            x = WideConv2D(filters, 4, 2, "same", use_bias=depth == 0, kernel_initializer=normal())(x)
            x = layers.LeakyReLU(0.2)(normed(x) if depth else x)
            skips.append(x)
        x = skips.pop()
        for depth, filters in enumerate(reversed(widths[:-1])):
            x = WideConv2DTranspose(filters, 4, 2, "same", use_bias=False, kernel_initializer=normal())(x)
            x = normed(x)
            x = layers.Dropout(o.dropout)(x) if o.dropout and depth < DROPOUT_BLOCKS else x
            x = layers.Concatenate()([layers.ReLU()(x), skips.pop()])
        x = layers.Conv2DTranspose(3, 4, 2, "same", kernel_initializer=normal())(x)
        return keras.Model(gray, tanh_output(x), name="G")

    def build_discriminator(self):
        """A PatchGAN on gray and colour together: (n, S, S, 4) in [-1, 1] to a map of logits; or heads on `look`'s."""
        o = self.options
        if self.eye:
            return self.build_heads(o.discriminator == "projected-capsule", "D")
        return DISCRIMINATORS[o.discriminator](o.image_size, 4, "batch", o.discriminator_filters, name="D")

    def objective(self, batch, fake_color):
        """Eq. 5; see `adversarial` and `discrimination` for its L_cGAN and `reconstruction` for Eq. 4.

        The batch has gray x and color y of the same photographs; `fake_color` is G(x, z). To D (x, y) is real, and
        (x, G(x, z)) a fake.
        """
        gray, color = batch["gray"], batch["color"]
        if not self.options.lambda_gan:
            return {"l1": self.reconstruction(fake_color, color)}
        real, fake = self.beside(gray, color), self.beside(gray, fake_color)
        return {
            "gan": self.adversarial(self.D, fake),
            "l1": self.reconstruction(fake_color, color),
            "d": self.discrimination(self.D, real, fake),
        }

    def beside(self, gray, color):
        """What D sees: both images, or what a pretrained network sees of the second alone."""
        return self.look(color) if self.eye else ops.concatenate([gray, color], axis=-1)

    def reconstruction(self, fake_color, color):
        """Eq. 4, ‖y − G(x, z)‖₁ (mean over pixels), times λ of Eq. 5."""
        return self.options.lambda_l1 * l1(fake_color, color)

    def sample_columns(self, gray, color):
        return {"gray x": gray, "G(x)": self.predict_images(self.colorizer, gray), "color y": color}
