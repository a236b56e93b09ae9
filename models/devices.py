"""Training on several devices: each step's batch is split among them, and all of them hold the same weights.

The split is of the arithmetic alone. Batch norms, losses and draws are of the whole batch, so a run learns what it
would learn on one device, to rounding, and may go on with another number. On JAX, which compiles one program for all,
also for those of several processes, as of a cluster.
"""

import os
from contextlib import contextmanager

import keras

from data_loader.files import UserError, first_line

ALL = "all"
# How Keras is told of a run's processes; the third, KERAS_DISTRIBUTION_JOB_ADDRESSES, is where number 0 is.
COUNT, NUMBER = "KERAS_DISTRIBUTION_NUM_PROCESSES", "KERAS_DISTRIBUTION_PROCESS_ID"


class SplitBatch(keras.distribution.DataParallel):
    """Keras' data parallelism, within `split` alone: what is only looked at, as samples, is of any number."""

    is_split = False

    def get_data_layout(self, data_shape):
        if self.is_split:
            return super().get_data_layout(data_shape)
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


def use_devices(wanted, batch_size):
    """Train the models that are built from now on on `wanted` devices, a number as one types it or "all".

    Where the environment names several processes it waits for the others, whose devices count, too. A `UserError` where
    the backend cannot, there are not as many, or a batch cannot be split evenly among them.
    """
    backend = keras.backend.backend()
    if backend != "jax":
        raise UserError(f"--devices needs JAX and not {backend}: set KERAS_BACKEND=jax, or leave it out.")
    if wanted != ALL and not (wanted.isdecimal() and int(wanted)):
        raise UserError(f"--devices {wanted} is no number of devices: use one such as 2, or {ALL}.")
    if processes() > 1:
        _connect()
    there = keras.distribution.list_devices()
    count = len(there) if wanted == ALL else int(wanted)
    if count > len(there):
        raise UserError(f"--devices {count} is more than the {len(there)} that are here: use fewer, or {ALL}.")
    if processes() > 1 and count < len(there):
        raise UserError(f"--devices {count} leaves some of the processes' {len(there)} idle: use {ALL}.")
    if batch_size % count:
        more = -(-batch_size // count) * count
        raise UserError(f"--batch-size {batch_size} cannot be split among {count} devices: use one such as {more}.")
    keras.distribution.set_distribution(SplitBatch(devices=there[:count], auto_shard_dataset=False))


def _connect():
    """Wait for the other processes; nothing may have been computed yet."""
    number = os.environ.get(NUMBER, "")
    if not (number.isdecimal() and int(number) < processes()):
        raise UserError(f"{NUMBER}={number} is none of {processes()} processes: number them from 0.")
    try:
        keras.distribution.initialize()
    except Exception as error:  # JAX has classes of its own
        problem = f"the {processes()} processes did not find each other ({first_line(error)})"
        raise UserError(f"{problem}: see docs/speed.md for how to start them.") from error
    import jax

    if jax.local_device_count() * processes() != jax.device_count():
        raise UserError("the processes have not equally many devices each: show each as many as the others have.")


def processes():
    """How many processes train together."""
    count = os.environ.get(COUNT) or "1"
    if not (count.isdecimal() and int(count)):
        raise UserError(f"{COUNT}={count} is no number of processes: set it to one, such as 2.")
    return int(count)


def is_first():
    """Whether this process is the one that writes."""
    return _number() == 0


def _number():
    """Which of the processes this is, from 0."""
    return int(os.environ[NUMBER]) if processes() > 1 else 0


def devices_in_use():
    """Among how many devices a batch is split."""
    distribution = keras.distribution.distribution()
    return distribution.num_model_replicas if isinstance(distribution, SplitBatch) else 1


@contextmanager
def split(batch):
    """A block in which a batch is split among the devices in use, if it can be; yields what this process has of it.

    The last batch of an epoch may be of another number: then each device computes all of it.
    """
    distribution, count = keras.distribution.distribution(), devices_in_use()
    size = len(next(iter(batch.values())))
    if count == 1 or size % count:
        yield batch
        return
    own = size // processes()
    first = own * _number()
    distribution.is_split = True
    try:
        yield {name: values[first : first + own] for name, values in batch.items()}
    finally:
        distribution.is_split = False


def before_others(call, *arguments):
    """Call what the first process does before the others go on; they wait for it."""
    problem = None
    try:
        if is_first():
            call(*arguments)
    except Exception as error:
        problem = error
    if most_of_processes(int(problem is not None)):
        raise problem or UserError("the first process of this training could not begin: it says why.")


def most_of_processes(number):
    """The largest of the whole numbers that the processes have, once all are here."""
    if processes() == 1:
        return number
    from jax.experimental import multihost_utils

    return int(multihost_utils.process_allgather(number).max())
