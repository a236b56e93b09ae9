"""What all colorizers share: one scalar objective, batches by name, colouring, sample grids."""

from contextlib import nullcontext

import keras
from keras import ops

from data_loader.files import keep_freed_memory
from data_loader.images import from_network, luma, to_network
from models import training
from models.chroma import PHOTOGRAPHS, match_chroma
from models.colorizing import colorize, colorizer_name, predict_colors, predict_images
from models.devices import devices_in_use, split
from models.generators import chroma_generator
from models.layers import gray_as_rgb
from models.losses import GENERATOR_LOSSES, over_scales, without_learning
from models.norm_statistics import batch_norms_of, measure_statistics
from models.optimizer import adam
from models.projected import projected_eye, projected_heads
from models.record import draw_grid


class ColorizationGAN(keras.Model):
    """A GAN that states one scalar objective for all of its networks.

    Nothing is switched between trainable and not: stopped gradients inside the objective say who learns from
    which term. One Adam over all variables is the same as one a network, since Adam works element by element
    and every network has the same settings, but for the rate of a pretrained encoder; all are updated at once, as in
    the original CycleGAN.

    A batch is a dict: `gray` x (n, S, S, 1) and `color` y (n, S, S, 3), both in [-1, 1], and what was drawn for the
    step (`draws`). Arguments are the fields of `options_type`; a value that cannot be is a `UserError`. A subclass
    builds its networks in `__init__`, among them `self.G` and `self.colorizer` (gray to colour), calls `finish` with
    the names of its terms, and writes `objective` and `sample_columns`; if it draws anything, also `draws` and
    `drawn_names`.
    """

    options_type = None
    paired = False  # whether gray and colour of a batch are of the same photographs
    drawn_names = ()
    # Networks whose weights never change, and so are in no checkpoint.
    frozen = ()

    def __init__(self, **options):
        # The losses are float32 whatever the networks' precision, so the model itself is.
        super().__init__(dtype="float32")
        self.options = self.options_type(**options)
        self.precision = keras.config.dtype_policy().name
        prepare_runtime()
        keras.utils.set_random_seed(self.options.seed)

    def choose_adversary(self, losses, name, projected):
        """Choose the GAN loss `name` of `losses`, and whether discriminators look at features instead of images."""
        self.judges_lengths = name == "margin"
        self.gan_loss = over_scales(losses[name])
        self.fooling_loss = over_scales(GENERATOR_LOSSES.get(name, losses[name]))
        self.eye = projected_eye(self.options.image_size, self.options.seed) if projected else None
        self.frozen = [self.eye] if projected else []

    def look(self, image):
        """What discriminators see of an image (n, S, S, 1 or 3): itself, or what a pretrained network sees of it."""
        if not self.eye:
            return image
        return self.eye(image if image.shape[-1] == 3 else gray_as_rgb(image))

    def build_heads(self, has_capsules, name):
        """A discriminator of what `look` gives where it is no image: heads of convolutions, or of capsules."""
        return projected_heads(self.eye, self.options.discriminator_filters, has_capsules, self.judges_lengths, name)

    def adversarial(self, discriminator, fake):
        """Eq. 1, in Eq. 5 L_cGAN, as the generator sees it: its fakes should look real. Moves the generator only."""
        return self.options.lambda_gan * self.fooling_loss(without_learning(discriminator, fake), real=True)

    def discrimination(self, discriminator, real, fake):
        """Eq. 1, in Eq. 5 L_cGAN, as the discriminator sees it, halved as in Zhu et al. 2017. Moves it only."""
        real_logits, fake_logits = self.judged(discriminator, real, fake)
        return (self.gan_loss(real_logits, real=True) + self.gan_loss(fake_logits, real=False)) / 2

    def judged(self, discriminator, real, fake):
        """What a discriminator that learns puts out for what `look` gives of real and of fake images."""
        fake = keras.tree.map_structure(ops.stop_gradient, fake)
        if batch_norms_of(discriminator) or (devices_in_use() > 1 and not self.eye):
            # Norms would be of real images and fakes together, and devices would exchange what each has of them.
            return discriminator(real, training=True), discriminator(fake, training=True)
        # In one call: that is quicker, and the estimate of a spectral norm moves on once in each call.
        both = keras.tree.map_structure(lambda *maps: ops.concatenate(maps), real, fake)
        outputs = discriminator(both, training=True)
        if not self.eye:
            return ops.split(outputs, 2)
        return zip(*(ops.split(output, 2) for output in outputs), strict=True)

    def over_luma(self, chroma):
        """G as the options ask for it: `chroma`, a network that puts out Cb and Cr, over its input's luma."""
        o = self.options
        shown = {"matched": o.match_colorfulness > 0, "contrasted": o.match_contrast}
        shown |= {"halved": o.half_chroma, "kept": o.keep_luma}
        return chroma_generator(chroma, "G", **shown, enlarged=o.generator == "pretrained")

    def finish(self, terms):
        """Make the optimizer, which averages weights with `ema`, and a mean a term, once all networks are built."""
        self.colorizer.name = colorizer_name(type(self).__name__)
        self.terms = list(terms)
        self.trackers = [keras.metrics.Mean(name=term) for term in terms]
        o = self.options
        self.compile(adam(o.learning_rate, o.beta1, o.beta2, o.ema, self.encoder_rates()))
        self.optimizer.build(self.trainable_variables)
        self.built = True

    def batch(self, batches, step):
        """Batch number `step` of `data_loader.Batches`, a dict of all that the objective reads."""
        gray, color = batches.batch(step)
        return {"gray": gray, "color": color} | self.draws(batches, step)

    def draws(self, batches, step):
        """All that is random in a step beside its images, `drawn_names` to arrays; it depends on (seed, step) alone."""
        return {}

    def record(self, batches):
        """What a run keeps beside its checkpoints, name of a file to its text."""
        return {}

    def call(self, batch, training=None):
        """G(x) of a batch: colour (n, S, S, 3) in [-1, 1]."""
        return self.translate(batch["gray"], batch, training=training)

    def translate(self, gray, batch, training=None):
        """G of gray images (n, S, S, 1), with what the batch has drawn for G."""
        return self.colorizer(self.generator_inputs(gray, batch), training=training)

    def generator_inputs(self, image, batch):
        """What the generator reads: the image and, in a subclass, what was drawn for it."""
        return image

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The objective of a batch `x`, a scalar; Keras' train step calls it with y_pred = G(x)."""
        expected = {"gray", "color", *self.drawn_names}
        if set(x) != expected:
            raise KeyError(f"a batch of this {type(self).__name__} has {sorted(expected)}, and not {sorted(x)}.")
        terms = self.objective(x, y_pred)
        for tracker in self.trackers:
            tracker.update_state(terms[tracker.name])
        return sum(terms[name] for name in self.terms)

    def train_on(self, batch):
        """One step on a batch of arrays; the objective's terms and their sum `loss`, name to number."""
        with split(batch) as own:
            # PyTorch's `train_on_batch` takes tensors alone.
            tensors = {name: ops.convert_to_tensor(value) for name, value in own.items()}
            logs = self.train_on_batch(tensors, return_dict=True)
        return {name: float(logs[name]) for name in (*self.terms, "loss")}

    def objective(self, batch, fake_color):
        """The named, weighted terms of the objective, in the paper's order."""
        raise NotImplementedError

    def sample_columns(self, gray, color):
        """Title to images (n, S, S, 1 or 3) in [-1, 1], one a column of the sample grid."""
        raise NotImplementedError

    @property
    def state(self):
        """All variables but those of `frozen` networks, the optimizer's too."""
        frozen = {id(variable) for network in self.frozen for variable in network.variables}
        return [v for v in (*self.variables, *self.optimizer.variables) if id(v) not in frozen]

    def before_first_step(self, batches):
        """Called when training begins at step 0: what a subclass changes of the networks' start."""

    def encoder_rates(self):
        """The learning rate of a pretrained generator's encoder, as a share of the others', for `RatedAdam`."""
        o = self.options
        if o.generator != "pretrained":
            return []
        encoder = self.G.get_layer("chroma").get_layer("encoder")
        encoder.trainable = o.encoder_rate > 0
        return [(o.encoder_rate, encoder.trainable_variables)]

    def after_epoch(self, batches):
        """Called at the end of each epoch, before anything is written. Where the options ask for it: measure the
        statistics of averaged weights' batch norms, and give images the training photographs' amount of colour.
        """
        o = self.options
        if not (o.ema or o.match_colorfulness):
            return
        gray = luma(to_network(batches.gray_split.some(PHOTOGRAPHS)))
        with self.averaged():
            if o.ema:
                measure_statistics(self.colorizer, gray, batches.batch_size)
            if o.match_colorfulness:
                chroma = self.G.get_layer("chroma")
                rgb = gray.repeat(3, axis=-1)
                predicted = predict_colors(chroma, rgb, seed=0)
                color = batches.color_split.some(PHOTOGRAPHS)
                match_chroma(self.G.layers[-1], rgb, predicted, color, o.match_colorfulness, o.match_contrast)

    def train(self, flowers=True, run_dir=None, **settings):
        """Train on the training split to the step that it returns; with `run_dir`, resumably and on record.

        Args:
            flowers: `data_loader.Flowers` of this model's image size.
            run_dir: folder for config.json, checkpoints, sample grids, metrics.csv and generator.keras. A run that
                was broken off goes on there from its last checkpoint, to the same weights bit for bit.
            **settings: `callbacks`, a list of Keras callbacks that are called as `fit` would, and the fields of
                `models.options.TrainingOptions`: epochs, batch_size, ... as in the preset `paper` where not given.

        Raises:
            UserError: an option or the data does not suit the model, or the folder holds another run.
            NonFinite: a loss or a weight became NaN or infinite.
            Interrupted: Ctrl-C or SIGTERM came; a checkpoint was written first.
        """
        if isinstance(flowers, bool):
            # PyTorch's modules have a train(mode) of their own, and Keras calls it on that backend.
            return super().train(flowers)
        return training.train(self, flowers, run_dir, **settings)

    def averaged(self):
        """A block in which the networks have their averaged weights, if the model keeps an average."""
        return self.optimizer.averaged(self.trainable_variables) if self.options.ema else nullcontext()

    def colorize(self, gray, samples=None, seed=0, z=None):
        """Colour gray images of the model's size; see `models.colorizing.colorize`."""
        with self.averaged():
            return colorize(self.colorizer, gray, samples, seed, z)

    def save_colorizer(self, file):
        """Write the colorizer alone, to be read by `models.colorizing.load_network`."""
        with self.averaged():
            self.colorizer.save(file)

    def sample_images(self, photographs, file):
        """Write a grid of samples in Keras-GAN's layout as a PNG; photographs uint8 (n, S, S, 3), one a row."""
        color = to_network(photographs)
        with self.averaged():
            columns = self.sample_columns(luma(color), color)
        draw_grid({title: from_network(images) for title, images in columns.items()}, file)

    predict_images = staticmethod(predict_images)


def prepare_runtime():
    """Settings that make training repeatable and fast on a CPU; to be called before the first network is built."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # Its graph optimizer rewrites graphs differently from process to process; without it every process computes
        # the same bits, so that a resumed run ends where an uninterrupted one does. JAX needs nothing.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    keep_freed_memory()
