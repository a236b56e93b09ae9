"""CycleGAN for colorization: two generators, two PatchGAN discriminators, cycle consistency (§3.1, 3.2, 4.1)."""

from keras import ops

from data_loader.images import luma, to_network
from models import draws
from models.chroma import match_chroma, some_photographs
from models.colorizing import predict_colors
from models.discriminators import DISCRIMINATORS
from models.gan import ColorizationGAN
from models.generators import chroma_generator, colorizer, resnet_generator, unet_generator
from models.layers import ImagePool, gray_as_rgb
from models.losses import GAN_LOSSES, PIXEL_LOSSES, without_learning
from models.options import CycleGANOptions


class CycleGAN(ColorizationGAN):
    """Colours gray photographs, learned without pairs. X is gray, Y is colour, G: X → Y, F: Y → X."""

    options_type = CycleGANOptions

    def __init__(self, **options):
        super().__init__(**options)
        o = self.options
        self.gan_loss = self.choose_gan_loss()
        self.cycle_norm = PIXEL_LOSSES[o.cycle_loss]
        # G reads three channels, gray three times, so that the identity term can show it colour.
        if o.output == "rgb":
            self.G = self.build_generator(3, 3, "G")
        else:
            shown = {"matched": o.match_colorfulness > 0, "contrasted": o.match_contrast}
            shown |= {"halved": o.half_chroma, "kept": o.keep_luma}
            self.G = chroma_generator(self.build_generator(3, 2, "chroma"), "G", **shown)
        self.F = self.build_generator(3, 1, "F")
        self.D_X = self.build_discriminator(1, "D_X")
        self.D_Y = self.build_discriminator(3, "D_Y")
        self.colorizer = colorizer(self.G)
        shapes = [network.output_shape[1:] for network in (self.G, self.F)] if o.pool_size else []
        self.pools = [ImagePool(o.pool_size, shape) for shape in shapes]
        terms = ["gan_color", "gan_gray", "cycle_gray", "cycle_color", "d_color", "d_gray"]
        terms += ["identity_gray", "identity_color"] if o.lambda_identity else []
        self.finish(terms + (["paired"] if o.paired_weight else []), o.ema)

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

    @property
    def drawn_names(self):
        """What a batch has beside its images: only what the options ask for."""
        o = self.options
        drawn = (draws.POOL, o.pool_size), (draws.GRAY_NOISE, o.cycle_noise), (draws.PAIRS, o.paired_weight)
        return [name for names, wanted in drawn if wanted for name in names]

    def draws(self, batches, step):
        """What the image pools do, the noise on F(y), and the originals of the gray images whose pair is known."""
        o = self.options
        noise = draws.gray_noise(o.cycle_noise, o.image_size, batches, step)
        return draws.pool_moves(o.pool_size, batches, step) | noise | draws.pairs(o, batches, step)

    def record(self, batches):
        return {"pairs.txt": draws.list_pairs(self.options, batches)} if self.options.paired_weight else {}

    def objective(self, batch, fake_color):
        """Eq. 3, the whole objective; see `adversarial` and `discrimination` for Eq. 1 and `cycle` for Eq. 2.

        The batch has gray x and color y of other photographs, and what was drawn; `fake_color` is G(x).
        """
        gray, color = batch["gray"], batch["color"]
        fake_gray = self.F(color, training=True)
        cycled_gray = self.F(fake_color, training=True)
        # With noise F cannot hide the colours there.
        read_gray = fake_gray + batch["gray_noise"] if self.options.cycle_noise else fake_gray
        cycled_color = self.translate(read_gray, batch, training=True)
        shown_color, shown_gray = self.shown(fake_color, fake_gray, batch)
        terms = {
            "gan_color": self.adversarial(self.D_Y, fake_color),
            "gan_gray": self.adversarial(self.D_X, fake_gray),
            "cycle_gray": self.cycle(cycled_gray, gray),
            "cycle_color": self.cycle(cycled_color, color),
            "d_color": self.discrimination(self.D_Y, color, shown_color),
            "d_gray": self.discrimination(self.D_X, gray, shown_gray),
        }
        return terms | self.identity(batch) | self.paired_loss(fake_color, batch)

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

    def shown(self, fake_color, fake_gray, batch):
        """The fakes that the discriminators see: the newest, or with pools half of the time past ones."""
        if not self.pools:
            return fake_color, fake_gray
        moves = [batch[name] for name in draws.POOL]
        color_pool, gray_pool = self.pools
        return color_pool(fake_color, *moves), gray_pool(fake_gray, *moves)

    def identity(self, batch):
        """‖F(x) − x‖₁ and ‖G(y) − y‖₁, which the published code adds: each leaves its own domain alone."""
        if not self.options.lambda_identity:
            return {}
        l1, weight = PIXEL_LOSSES["l1"], self.options.lambda_identity
        gray, color = batch["gray"], batch["color"]
        return {
            "identity_gray": weight * l1(self.F(gray_as_rgb(gray), training=True), gray),
            "identity_color": weight * l1(self.G(self.generator_inputs(color, batch), training=True), color),
        }

    def paired_loss(self, fake_color, batch):
        """The conditional loss of §5 on the images whose pair is known, ‖G(x) − its original‖; 0 for the others."""
        if not self.options.paired_weight:
            return {}
        known = batch["known"][:, :, None, None]
        error = PIXEL_LOSSES[self.options.paired_loss](known * fake_color, known * batch["original"])
        return {"paired": self.options.paired_weight * error}

    def after_epoch(self, batches):
        """Give images the training photographs' amount of colour, if the options ask for it."""
        o = self.options
        if not o.match_colorfulness:
            return
        rgb = luma(to_network(some_photographs(batches.gray_split))).repeat(3, axis=-1)
        with self.averaged():
            chroma = predict_colors(self.G.get_layer("chroma"), rgb, seed=0)
        color = some_photographs(batches.color_split)
        match_chroma(self.G.layers[-1], rgb, chroma, color, o.match_colorfulness, o.match_contrast)

    def sample_columns(self, gray, color):
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
