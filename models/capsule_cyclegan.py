"""CapsuleGAN-CycleGAN: a CycleGAN whose discriminators are capsule networks on 32×32 pixels (§3.4, 4.2)."""

from models.cyclegan import CycleGAN
from models.discriminators import ROUNDS, published_discriminator, routing_discriminator
from models.losses import CAPSULE_LOSSES
from models.options import CapsuleCycleGANOptions


class CapsuleCycleGAN(CycleGAN):
    """A `CycleGAN` that builds other discriminators; the generators and Eq. 2 and 3 are the same."""

    options_type = CapsuleCycleGANOptions

    def build_discriminator(self, channels, name):
        """A capsule network (§3.4): (n, S, S, channels) in [-1, 1] to a logit (n, 1), or to two lengths (n, 2)."""
        o = self.options
        if o.capsule == "published":
            return published_discriminator(o.image_size, channels, o.discriminator_filters, name=name)
        routing = (o.routing_iterations or ROUNDS, o.routing_gradient or "all")
        lengths = o.capsule_loss == "margin"
        return routing_discriminator(o.image_size, channels, o.discriminator_filters, *routing, lengths, name=name)

    def choose_gan_loss(self):
        """Eq. 1 with the loss of §4.2 in the place of its logarithms."""
        return CAPSULE_LOSSES[self.options.capsule_loss]
