"""Settings of the backend and of the process that make training repeatable and fast on a CPU."""

import keras

from models.memory import keep_freed_memory


def prepare_runtime():
    """Call before the first network is built; calling it again changes nothing."""
    make_repeatable()
    keep_freed_memory()


def make_repeatable():
    """Make TensorFlow on the CPU compute the same bits in every process.

    Its graph optimizer rewrites graphs differently from process to process; without it a resumed run could
    not end where an uninterrupted one does. JAX needs nothing.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
