"""CycleGAN for colorization: two generators, two PatchGAN discriminators, cycle consistency (§3.1, 3.2, 4.1)."""

from models import draws
from models.brightness import turn_upright
from models.discriminators import DISCRIMINATORS
from models.gan import ColorizationGAN
from models.generators import colorizer, pretrained_generator, resnet_generator, unet_generator
from models.layers import ImagePool, gray_as_rgb
from models.losses import GAN_LOSSES, PAIRED_LOSSES, PIXEL_LOSSES
from models.options import CycleGANOptions


class CycleGAN(ColorizationGAN):
    """Colours gray photographs, learned without pairs. X is gray, Y is colour, G: X → Y, F: Y → X.

    Where cycle and identity have no weight it is a one-way GAN, of G and D_Y: F and D_X are not built. Where the GAN
    loss has none there are no discriminators; known pairs (§5) can teach G then.
    """

    options_type = CycleGANOptions

    def __init__(self, **options):
        super().__init__(**options)
        o = self.options
        self.choose_losses()
        self.cycle_norm = PIXEL_LOSSES[o.cycle_loss]
        # G reads three channels, gray three times, so that the identity term can show it colour.
        if o.output == "rgb":
            self.G = self.build_generator(3, 3, "G")
        else:
            self.G = self.over_luma(self.build_generator(3, 2, "chroma"))
        if not o.is_one_way:
            self.F = self.build_generator(3, 1, "F")
        if o.lambda_gan and not o.is_one_way:
            self.D_X = self.build_discriminator(1, "D_X")
        if o.lambda_gan:
            self.D_Y = self.build_discriminator(3, "D_Y")
        self.colorizer = colorizer(self.G)
        channels = (3,) if o.is_one_way else (3, 1)
        self.pools = [ImagePool(o.pool_size, (o.image_size, o.image_size, count)) for count in channels if o.pool_size]
        self.finish(self.names_of_terms())

    def choose_losses(self):
        """Choose the loss of Eq. 1 and what the discriminators look at."""
        o = self.options
        self.choose_adversary(GAN_LOSSES, o.chosen_gan_loss, o.discriminator.startswith("projected"))

    def build_generator(self, in_channels, out_channels, name, **noise):
        """A generator as in §3.1: (n, S, S, in_channels) to (n, S, S, out_channels), both in [-1, 1].

        The pretrained one is G's alone; it puts out chroma, at half the size.
        """
        o = self.options
        if o.generator == "pretrained" and name != "F":
            return pretrained_generator(o.image_size, name, **noise)
        shape = (o.image_size, in_channels, out_channels, o.norm)
        if o.generator == "resnet":
            return resnet_generator(*shape, o.generator_filters or 64, name=name, **noise)
        return unet_generator(*shape, o.generator_filters or 32, input_skip=o.input_skip, name=name, **noise)

    def build_discriminator(self, channels, name):
        """A PatchGAN as in §3.1: (n, S, S, channels) in [-1, 1] to a map of logits; or heads on the maps of `look`."""
        o = self.options
        if self.eye:
            return self.build_heads(o.discriminator == "projected-capsule", name)
        shape = (o.image_size, channels, o.norm, o.discriminator_filters)
        lengths = {"lengths": True} if self.judges_lengths else {}
        return DISCRIMINATORS[o.discriminator](*shape, **lengths, name=name)

    def names_of_terms(self):
        """The terms of the objective, in the order in which they are added up."""
        o = self.options
        terms = ["gan_color", "gan_gray", "cycle_gray", "cycle_color", "d_color", "d_gray"]
        terms += ["identity_gray", "identity_color"] if o.lambda_identity else []
        terms = ["gan_color", "d_color"] if o.is_one_way else terms
        terms = [name for name in terms if o.lambda_gan or not name.startswith(("gan_", "d_"))]
        return terms + (["paired"] if o.paired_weight else [])

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
        if self.options.is_one_way:
            terms = self.game("color", color, fake_color, self.shown([fake_color], batch)[0])
            return terms | self.paired_loss(fake_color, batch)
        fake_gray = self.F(color, training=True)
        cycled_gray = self.F(fake_color, training=True)
        # With noise F cannot hide the colours there.
        read_gray = fake_gray + batch["gray_noise"] if self.options.cycle_noise else fake_gray
        cycled_color = self.translate(read_gray, batch, training=True)
        shown_color, shown_gray = self.shown([fake_color, fake_gray], batch)
        terms = self.game("color", color, fake_color, shown_color)
        terms |= self.game("gray", gray, fake_gray, shown_gray)
        terms |= {"cycle_gray": self.cycle(cycled_gray, gray), "cycle_color": self.cycle(cycled_color, color)}
        terms |= self.identity(batch) | self.paired_loss(fake_color, batch)
        return {name: terms[name] for name in self.terms}

    def game(self, domain, real, fake, shown):
        """Both sides of Eq. 1 in a domain, "gray" or "color"; the discriminator learns from the fakes `shown`."""
        if not self.options.lambda_gan:
            return {}
        discriminator = self.D_Y if domain == "color" else self.D_X
        seen = self.look(fake)
        seen_shown = seen if shown is fake else self.look(shown)
        return {
            f"gan_{domain}": self.adversarial(discriminator, seen),
            f"d_{domain}": self.discrimination(discriminator, self.look(real), seen_shown),
        }

    def cycle(self, cycled, original):
        """One of the two terms of Eq. 2, ‖F(G(x)) − x‖ or ‖G(F(y)) − y‖ (mean over pixels), times λ of Eq. 3."""
        return self.options.lambda_cycle * self.cycle_norm(cycled, original)

    def shown(self, fakes, batch):
        """The fakes that the discriminators see: the newest, or with pools half of the time past ones."""
        if not self.pools:
            return fakes
        moves = [batch[name] for name in draws.POOL]
        return [pool(fake, *moves) for pool, fake in zip(self.pools, fakes, strict=True)]

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
        error = PAIRED_LOSSES[self.options.paired_loss](known * fake_color, known * batch["original"])
        return {"paired": self.options.paired_weight * error}

    def before_first_step(self, batches):
        if self.options.upright_start and not int(self.optimizer.iterations):
            turn_upright(self, batches.color_split)

    def sample_columns(self, gray, color):
        fake_color = self.predict_images(self.colorizer, gray)
        if self.options.is_one_way:
            return {"gray x": gray, "G(x)": fake_color, "color y": color}
        fake_gray = self.predict_images(self.F, color)
        return {
            "gray x": gray,
            "G(x)": fake_color,
            "F(G(x))": self.predict_images(self.F, fake_color),
            "color y": color,
            "F(y)": fake_gray,
            "G(F(y))": self.predict_images(self.colorizer, fake_gray),
        }
