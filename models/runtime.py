"""Settings of the backend and of the process that make training repeatable and fast on a CPU."""

import ctypes
import sys

import keras

# Names and numbers from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


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


def keep_freed_memory():
    """Let glibc keep the memory of freed tensors instead of giving it back to the kernel at once.

    A step frees and takes the same gigabyte again. Handing it back each time costs a page fault for every 4 KiB
    of it: half of the whole step's time was measured to go there. Elsewhere than on glibc nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 2**27)
