"""What all colorizers share: one scalar objective, a train loop, colouring, sample grids, checkpoints."""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from data_loader.errors import UserError
from data_loader.images import from_network, luma, to_network, to_uint8
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

    def finish(self, terms):
        """Make the optimizer and a running mean a loss term, once all networks are built."""
        self.terms = list(terms)
        self.trackers = [keras.metrics.Mean(name=term) for term in terms]
        options = self.options
        self.compile(keras.optimizers.Adam(options.learning_rate, options.beta1, options.beta2))
        self.optimizer.build(self.trainable_variables)
        self.built = True

    def call(self, gray, training=None):
        """G(x): gray (n, S, S, 1) to colour (n, S, S, 3), both in [-1, 1]."""
        return self.colorizer(gray, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The objective of a batch, a scalar; Keras' `fit` calls it with y_pred = G(x)."""
        terms = self.objective(x, y, y_pred)
        for tracker in self.trackers:
            # Weighted by images, as Keras weights the loss: a short last batch counts for less.
            tracker.update_state(terms[tracker.name], sample_weight=ops.shape(y)[0])
        return sum(terms[name] for name in self.terms)

    def objective(self, gray, color, fake_color):
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
            **training: the fields of `models.options.TrainingOptions`: epochs, batch_size, ...

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

    def colorize(self, gray):
        """Colour gray images of the model's size.

        Args:
            gray: (n, S, S) or (n, S, S, 1), uint8, or float in [0, 1].

        Returns:
            uint8 (n, S, S, 3).
        """
        return colorize(self.colorizer, gray)

    def sample_images(self, photographs, file):
        """Write a grid of samples in the zoo's layout as a PNG.

        Args:
            photographs: uint8 (n, S, S, 3), one a row.
            file: path of the picture.
        """
        color = to_network(photographs)
        columns = self.sample_columns(luma(color), color)
        draw({title: from_network(images) for title, images in columns.items()}, file)

    @staticmethod
    def predict_images(network, images):
        """Run a network on images in [-1, 1], as at test time: no dropout, moving statistics."""
        return network.predict(images, batch_size=8, verbose=0)


def colorize(colorizer, gray):
    """Colour gray images with a network as saved in `generator.keras`; see `ColorizationGAN.colorize`."""
    gray = np.asarray(gray)
    gray = gray if gray.ndim == 4 else gray[..., None]
    if gray.ndim != 4 or gray.shape[1:] != colorizer.input_shape[1:]:
        raise ValueError(
            f"gray images must be (n, {colorizer.input_shape[1]}, {colorizer.input_shape[2]}) "
            f"or with a last axis of 1, not {gray.shape}."
        )
    color = ColorizationGAN.predict_images(colorizer, to_network(gray))
    if not np.isfinite(color).all():
        raise UserError("the colorizer puts out values that are not finite: train it again, or use an older one.")
    return to_uint8(from_network(color))


def load_colorizer(run_dir):
    """The colorizer of a run, gray (n, S, S, 1) to colour (n, S, S, 3), both in [-1, 1].

    Raises:
        UserError: the run has none, or it cannot be read.
    """
    import models.layers  # noqa: F401  registers our layers, so that they can be read back

    file = Path(run_dir) / "generator.keras"
    if not file.is_file():
        raise UserError(f"{run_dir} has no generator.keras yet: train until the first checkpoint.")
    try:
        return keras.models.load_model(file, compile=False)
    except Exception as error:  # Keras raises almost any class here on a damaged file.
        raise UserError(f"{file} cannot be read ({str(error).splitlines()[0][:120]}): train it again.") from error
