"""Begin where an earlier training ended: a generator gets a colorizer's weights before its first step."""

from keras import ops

from data_loader.files import UserError
from models.colorizing import load_network, reads_noise
from models.normalization import ConditionalNormalization


def start_from(model, source):
    """Give a model's colorizer the weights of another, `source` as in `load_network`.

    Images may be of another size. One that reads noise may start from one that does not: what z does to it starts as
    ever, near nothing. What is fitted after each epoch, the strength and the contrast of chroma, is fitted anew. The
    discriminators and the optimizer start as ever. Another network is a `UserError`.
    """
    start, own = load_network(source), model.colorizer
    of_noise = set() if reads_noise(start) else _of_noise(own)
    values, variables = _learned(start), [variable for variable in _learned(own) if id(variable) not in of_noise]
    if [tuple(value.shape) for value in values] != [tuple(variable.shape) for variable in variables]:
        problem = f"--init {source} has other layers than the generator to train"
        raise UserError(f"{problem}: give the options that it was trained with, or leave --init out.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(ops.copy(value))


def _learned(network):
    """A network's weights but for single numbers, which `models.chroma` fits."""
    return [variable for variable in network.weights if len(variable.shape)]


def _of_noise(network):
    """The ids of the weights by which z acts."""
    conditional = (layer for layer in network._flatten_layers() if isinstance(layer, ConditionalNormalization))
    return {id(weight) for layer in conditional for part in (layer.gamma, layer.beta) for weight in part.weights}
