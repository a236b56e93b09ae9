"""What all colorizers share: one scalar objective, a train loop, colouring, sample grids."""

from contextlib import nullcontext

import keras
from keras import ops

from data_loader.images import from_network, luma, to_network
from models.averaging import AveragingAdam
from models.colorizing import colorize, colorizer_name, predict_images
from models.runtime import prepare_runtime
from models.sample_grid import draw
from models.training import train_epochs


class ColorizationGAN(keras.Model):
    """A GAN that states one scalar objective for all of its networks.

    Nothing is switched between trainable and not: stopped gradients inside the objective say who learns from
    which term. One Adam over all variables is the same as one a network, since Adam works element by element
    and every network has the same settings; all are updated at once, as in the original CycleGAN.

    A subclass names its `options_type`, builds its networks in `__init__`, among them `self.colorizer`
    (gray to colour), calls `finish` with the names of its terms, and writes `objective` and `sample_columns`.

    Args:
        **options: the fields of `options_type`.
    """

    options_type = None
    paired = False

    def __init__(self, **options):
        # The losses are float32 whatever the networks' precision, so the model itself is.
        super().__init__(dtype="float32")
        self.options = self.options_type(**options)
        prepare_runtime()
        keras.utils.set_random_seed(self.options.seed)

    def finish(self, terms, ema=0.0):
        """Make the optimizer and a running mean a loss term, once all networks are built.

        Args:
            terms: names of the objective's terms.
            ema: momentum of the average of the weights that images are made with; 0 for none.
        """
        self.ema = ema
        self.colorizer.name = colorizer_name(type(self).__name__)
        self.terms = list(terms)
        self.trackers = [keras.metrics.Mean(name=term) for term in terms]
        o = self.options
        adam = (o.learning_rate, o.beta1, o.beta2)
        self.compile(AveragingAdam(*adam, ema) if ema else keras.optimizers.Adam(*adam))
        self.optimizer.build(self.trainable_variables)
        self.built = True

    def draws(self, batches, step):
        """All that is random in a step beside its images, name to array (n, ...); it depends on (seed, step) alone."""
        return {}

    def record(self, batches):
        """What a run keeps beside its checkpoints, name of a file to its text."""
        return {}

    def call(self, x, training=None):
        """G(x): a batch's x, gray (n, S, S, 1) with the step's draws if any, to colour (n, S, S, 3), in [-1, 1]."""
        gray, draws = _unpack(x)
        return self.translate(gray, training=training, **draws)

    def translate(self, gray, training=None, **draws):
        """G(x) for gray images (n, S, S, 1)."""
        return self.colorizer(self.generator_inputs(gray, **draws), training=training)

    def generator_inputs(self, image, **draws):
        """What the generator reads: the image and, in a subclass, what was drawn for it."""
        return image

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The objective of a batch, a scalar; Keras' `fit` calls it with y_pred = G(x)."""
        gray, draws = _unpack(x)
        terms = self.objective(gray, y, y_pred, **draws)
        for tracker in self.trackers:
            # Weighted by images, as Keras weights the loss: a short last batch counts for less.
            tracker.update_state(terms[tracker.name], sample_weight=ops.shape(y)[0])
        return sum(terms[name] for name in self.terms)

    def objective(self, gray, color, fake_color, **draws):
        """The named, weighted terms of the objective, in the paper's order."""
        raise NotImplementedError

    def sample_columns(self, gray, color):
        """Title to images (n, S, S, 1 or 3) in [-1, 1], one a column of the sample grid."""
        raise NotImplementedError

    def train(self, flowers=True, run_dir=None, **training):
        """Train on the training split, with a progress bar; with `run_dir`, resumably and on record.

        Args:
            flowers: `data_loader.Flowers` of this model's image size.
            run_dir: folder for checkpoints, sample grids, metrics.csv and generator.keras. A run that was
                broken off goes on there from its last checkpoint, to the same weights bit for bit.
            **training: the fields of `models.options.TrainingOptions`: epochs, batch_size, ... as in the preset
                `paper` where not given.

        Returns:
            The step that was reached.

        Raises:
            UserError: an option or the data does not suit the model.
            NonFinite: a loss or a weight became NaN or infinite.
            Interrupted: Ctrl-C or SIGTERM came; a checkpoint was written first.
        """
        if isinstance(flowers, bool):
            # PyTorch's modules have a train(mode) of their own, and Keras calls it on that backend.
            return super().train(flowers)
        return train_epochs(self, flowers, run_dir, **training)

    def averaged(self):
        """A block in which the networks have their averaged weights, if the model keeps an average."""
        return self.optimizer.averaged(self.trainable_variables) if self.ema else nullcontext()

    def colorize(self, gray, samples=None, seed=0, z=None):
        """Colour gray images of the model's size; see `models.colorizing.colorize`."""
        with self.averaged():
            return colorize(self.colorizer, gray, samples, seed, z)

    def save_colorizer(self, file):
        """Write the colorizer alone, to be read by `models.colorizing.load_colorizer`."""
        with self.averaged():
            self.colorizer.save(file)

    def sample_images(self, photographs, file):
        """Write a grid of samples in the zoo's layout as a PNG.

        Args:
            photographs: uint8 (n, S, S, 3), one a row.
            file: path of the picture.
        """
        color = to_network(photographs)
        with self.averaged():
            columns = self.sample_columns(luma(color), color)
        draw({title: from_network(images) for title, images in columns.items()}, file)

    predict_images = staticmethod(predict_images)


def _unpack(x):
    """A batch's x as gray images and the draws that came with them."""
    if not isinstance(x, dict):
        return x, {}
    return x["gray"], {name: value for name, value in x.items() if name != "gray"}
