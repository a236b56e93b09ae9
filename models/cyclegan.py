"""CycleGAN for colorization: two generators, two PatchGAN discriminators, cycle consistency (§3.1, 3.2, 4.1)."""

from keras import ops

from models.discriminators import DISCRIMINATORS
from models.gan import ColorizationGAN
from models.generators import chroma_generator, colorizer, resnet_generator, unet_generator
from models.hidden_color import noise_draws, with_noise
from models.image_pool import ImagePool, pool_draws
from models.known_pairs import list_pairs, pair_draws
from models.layers import gray_as_rgb
from models.losses import GAN_LOSSES, PIXEL_LOSSES, without_learning
from models.options import CycleGANOptions


class CycleGAN(ColorizationGAN):
    """Colours gray photographs, learned without pairs. X is gray, Y is colour, G: X → Y, F: Y → X.

    Args:
        **options: the fields of `CycleGANOptions`; the defaults are the paper's.

    Raises:
        UserError: an option has a value that it cannot have.
    """

    options_type = CycleGANOptions

    def __init__(self, **options):
        super().__init__(**options)
        self.gan_loss = self.choose_gan_loss()
        self.cycle_norm = PIXEL_LOSSES[self.options.cycle_loss]
        # G reads three channels, gray three times, so that the identity term can show it colour.
        if self.options.output == "rgb":
            self.G = self.build_generator(3, 3, "G")
        else:
            o = self.options
            shown = {"matched": o.match_colorfulness > 0, "contrasted": o.match_contrast}
            shown |= {"halved": o.half_chroma, "kept": o.keep_luma}
            self.G = chroma_generator(self.build_generator(3, 2, "chroma"), "G", **shown)
        self.F = self.build_generator(3, 1, "F")
        self.D_X = self.build_discriminator(1, "D_X")
        self.D_Y = self.build_discriminator(3, "D_Y")
        self.colorizer = colorizer(self.G)
        size = self.options.pool_size
        self.pools = [ImagePool(size, network.output_shape[1:]) for network in (self.G, self.F)] if size else []
        terms = ["gan_color", "gan_gray", "cycle_gray", "cycle_color", "d_color", "d_gray"]
        terms += ["identity_gray", "identity_color"] if self.options.lambda_identity else []
        self.finish(terms + (["paired"] if self.options.paired_weight else []), self.options.ema)

    def build_generator(self, in_channels, out_channels, name, **noise):
        """A generator as in §3.1: (n, S, S, in_channels) to (n, S, S, out_channels), both in [-1, 1]."""
        o = self.options
        shape = (o.image_size, in_channels, out_channels, o.norm)
        if o.generator == "resnet":
            return resnet_generator(*shape, o.generator_filters or 64, name=name, **noise)
        return unet_generator(*shape, o.generator_filters or 32, input_skip=o.input_skip, name=name, **noise)

    def build_discriminator(self, channels, name):
        """A PatchGAN as in §3.1: (n, S, S, channels) in [-1, 1] to a map of logits."""
        o = self.options
        build = DISCRIMINATORS[o.discriminator]
        lengths = {"lengths": True} if o.chosen_gan_loss == "margin" else {}
        return build(o.image_size, channels, o.norm, o.discriminator_filters, name=name, **lengths)

    def choose_gan_loss(self):
        """Eq. 1 as a function of what a discriminator puts out."""
        return GAN_LOSSES[self.options.chosen_gan_loss]

    def draws(self, batches, step):
        """What the image pools do, the noise on F(y), and the originals of the gray images whose pair is known."""
        o = self.options
        noise = noise_draws(o.cycle_noise, o.image_size, batches, step)
        return pool_draws(o.pool_size, batches, step) | noise | pair_draws(o, batches, step)

    def record(self, batches):
        """The photographs whose pair is known."""
        pairs = list_pairs(self.options, batches)
        return {} if pairs is None else {"pairs.txt": pairs}

    def objective(self, gray, color, fake_color, **draws):
        """Eq. 3, the whole objective; see `adversarial` and `discrimination` for Eq. 1 and `cycle` for Eq. 2.

        Args:
            gray: x, (n, S, S, 1) in [-1, 1].
            color: y, (n, S, S, 3), of other photographs.
            fake_color: G(x).
            **draws: what `draws` drew for the batch.

        Returns:
            dict of the weighted terms; the objective is their sum.
        """
        fake_gray = self.F(color, training=True)
        cycled_gray = self.F(fake_color, training=True)
        cycled_color = self.translate(with_noise(fake_gray, **draws), training=True, **draws)
        shown_color, shown_gray = self.shown(fake_color, fake_gray, **draws)
        terms = {
            "gan_color": self.adversarial(self.D_Y, fake_color),
            "gan_gray": self.adversarial(self.D_X, fake_gray),
            "cycle_gray": self.cycle(cycled_gray, gray),
            "cycle_color": self.cycle(cycled_color, color),
            "d_color": self.discrimination(self.D_Y, color, shown_color),
            "d_gray": self.discrimination(self.D_X, gray, shown_gray),
        }
        return terms | self.identity(gray, color, **draws) | self.paired_loss(fake_color, **draws)

    def adversarial(self, discriminator, fake):
        """Eq. 1 as the generator sees it: its fakes should look real. Moves the generator only."""
        return self.gan_loss(without_learning(discriminator, fake), real=True)

    def discrimination(self, discriminator, real, fake):
        """Eq. 1 as the discriminator sees it: real is 1, fake is 0, halved as in [4]. Moves it only."""
        real_logits = discriminator(real, training=True)
        fake_logits = discriminator(ops.stop_gradient(fake), training=True)
        return (self.gan_loss(real_logits, real=True) + self.gan_loss(fake_logits, real=False)) / 2

    def cycle(self, cycled, original):
        """One of the two terms of Eq. 2, ‖F(G(x)) − x‖ or ‖G(F(y)) − y‖ (mean over pixels), times λ of Eq. 3."""
        return self.options.lambda_cycle * self.cycle_norm(cycled, original)

    def shown(self, fake_color, fake_gray, place=None, store=None, show_past=None, **_):
        """The fakes that the discriminators see: the newest, or with pools half of the time past ones."""
        if not self.pools:
            return fake_color, fake_gray
        color_pool, gray_pool = self.pools
        return color_pool(fake_color, place, store, show_past), gray_pool(fake_gray, place, store, show_past)

    def identity(self, gray, color, **draws):
        """‖F(x) − x‖₁ and ‖G(y) − y‖₁, which the published code adds: each leaves its own domain alone."""
        if not self.options.lambda_identity:
            return {}
        l1, weight = PIXEL_LOSSES["l1"], self.options.lambda_identity
        return {
            "identity_gray": weight * l1(self.F(gray_as_rgb(gray), training=True), gray),
            "identity_color": weight * l1(self.G(self.generator_inputs(color, **draws), training=True), color),
        }

    def paired_loss(self, fake_color, original=None, known=None, **_):
        """The conditional loss of §5 on the images whose pair is known, ‖G(x) − its original‖; 0 for the others."""
        if not self.options.paired_weight:
            return {}
        known = known[:, :, None, None]
        error = PIXEL_LOSSES[self.options.paired_loss](known * fake_color, known * original)
        return {"paired": self.options.paired_weight * error}

    def sample_columns(self, gray, color):
        """What a sample grid shows: original, translated and reconstructed in both directions."""
        fake_color = self.predict_images(self.colorizer, gray)
        fake_gray = self.predict_images(self.F, color)
        return {
            "gray x": gray,
            "G(x)": fake_color,
            "F(G(x))": self.predict_images(self.F, fake_color),
            "color y": color,
            "F(y)": fake_gray,
            "G(F(y))": self.predict_images(self.colorizer, fake_gray),
        }
