"""Begin where an earlier training ended: a generator gets a colorizer's weights before its first step."""

from keras import ops

from data_loader.files import UserError
from models.colorizing import load_network


def start_from(model, source):
    """Give a model's colorizer the weights of another, `source` as in `load_network`.

    Images may be of another size. What is fitted after each epoch, the strength and the contrast of chroma, is fitted
    anew. The discriminators and the optimizer start as ever. Another network is a `UserError`.
    """
    start, own = load_network(source), model.colorizer
    values, variables = _learned(start), _learned(own)
    if [tuple(value.shape) for value in values] != [tuple(variable.shape) for variable in variables]:
        problem = f"--init {source} has other layers than the generator to train"
        raise UserError(f"{problem}: give the options that it was trained with, or leave --init out.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(ops.copy(value))


def _learned(network):
    """A network's weights but for single numbers, which `models.chroma` fits."""
    return [variable for variable in network.weights if len(variable.shape)]
