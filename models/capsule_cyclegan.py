"""CapsuleGAN-CycleGAN: a CycleGAN whose discriminators are capsules, in the paper on 32×32 pixels (§3.4, 4.2)."""

from models.cyclegan import CycleGAN
from models.discriminators import ROUNDS, published_discriminator, routing_discriminator
from models.losses import CAPSULE_LOSSES
from models.options import CapsuleCycleGANOptions


class CapsuleCycleGAN(CycleGAN):
    """A `CycleGAN` that builds other discriminators; the generators and Eq. 2 and 3 are the same."""

    options_type = CapsuleCycleGANOptions

    def choose_losses(self):
        """As in the base, with a loss of §4.2, or capsules' own, in the place of Eq. 1's logarithms."""
        self.choose_adversary(CAPSULE_LOSSES, self.options.capsule_loss, self.options.capsule == "projected")

    def build_discriminator(self, channels, name):
        """A capsule network (§3.4): (n, S, S, channels) in [-1, 1] to a logit (n, 1), or to two lengths (n, 2).

        Projected capsules judge the maps of `look`, each place of them.
        """
        o = self.options
        if self.eye:
            return self.build_heads(has_capsules=True, name=name)
        if o.capsule == "published":
            return published_discriminator(o.image_size, channels, o.discriminator_filters, name=name)
        routing = (o.routing_iterations or ROUNDS, o.routing_gradient or "all")
        shape = (o.image_size, channels, o.discriminator_filters)
        return routing_discriminator(*shape, *routing, self.judges_lengths, name=name)
