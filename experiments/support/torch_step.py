"""A CycleGAN's step in PyTorch, on the same networks with the same weights: what ours is timed beside."""

import importlib.util
from contextlib import nullcontext
from functools import partial

import keras
import numpy as np

from data_loader.files import usable_cpus
from models.precision import has_card


def is_plain(gan):
    """Whether a model is a CycleGAN as hand-written steps know it: with F, nothing drawn, nothing frozen."""
    return type(gan).__name__ == "CycleGAN" and hasattr(gan, "F") and not (gan.drawn_names or gan.frozen)


def has_torch_step(gan):
    """Whether there is a PyTorch here, and a model is one that `torch_step` knows."""
    same_losses = is_plain(gan) and (gan.options.chosen_gan_loss, gan.options.cycle_loss) == ("mse", "l1")
    patches = same_losses and gan.options.discriminator in ("patch70", "patch-zoo")
    # It computes on the processor, and there it is to be compared.
    on_processor = patches and gan.options.generator != "pretrained" and not has_card(keras.backend.backend())
    return on_processor and importlib.util.find_spec("torch") is not None


def torch_step(gan, precision):
    """A function of a batch of arrays: a step of the CycleGAN, which gives the sum of all terms of the objective.

    Generators and discriminators take turns with an Adam each, as in the original CycleGAN, and PyTorch is given what
    makes it fast on a CPU: channels last, Adam in one kernel, and autocast to bfloat16 if that is the precision.
    """
    import torch

    torch.set_num_threads(usable_cpus())
    o, l1 = gan.options, torch.nn.functional.l1_loss
    networks = [gan.G if o.output == "rgb" else gan.G.get_layer("chroma"), gan.F, gan.D_X, gan.D_Y]
    painter, f, d_x, d_y = map(TorchNetwork, networks)
    generators, judges = (torch.nn.ModuleList([a.weights, b.weights]) for a, b in ((painter, f), (d_x, d_y)))
    adam = partial(torch.optim.Adam, lr=o.learning_rate, betas=(o.beta1, o.beta2), eps=1e-7, fused=True)
    adams = adam(generators.parameters()), adam(judges.parameters())
    low = torch.autocast("cpu", torch.bfloat16) if "bfloat16" in precision else nullcontext()

    def g(rgb):
        return painter(rgb) if o.output == "rgb" else _chroma_over_luma(rgb, painter(rgb))

    def judged(network, image, real):
        return ((network(image) - float(real)) ** 2).mean()

    def learn(adam, loss):
        adam.zero_grad()
        loss.backward()
        adam.step()
        return float(loss.detach())

    def step(batch):
        gray, color = (_from_numpy(batch[name]) for name in ("gray", "color"))
        rgb = gray.repeat(1, 3, 1, 1)
        judges.requires_grad_(False)
        with low:
            fake_color, fake_gray = g(rgb), f(color)
            loss = judged(d_y, fake_color, True) + judged(d_x, fake_gray, True)
            cycled = l1(f(fake_color), gray) + l1(g(fake_gray.repeat(1, 3, 1, 1)), color)
            loss = loss + o.lambda_cycle * cycled
            if o.lambda_identity:
                loss = loss + o.lambda_identity * (l1(f(rgb), gray) + l1(g(color), color))
        total = learn(adams[0], loss)
        judges.requires_grad_(True)
        with low:
            pairs = (d_y, color, fake_color.detach()), (d_x, gray, fake_gray.detach())
            loss = sum(judged(d, real, True) + judged(d, fake, False) for d, real, fake in pairs) / 2
        return total + learn(adams[1], loss)

    return step


class TorchNetwork:
    """A functional Keras model in PyTorch's own layers, with the same weights, to be called with images (n, c, h, w).

    It has the layers of CycleGAN's generators and PatchGANs. A `KeyError` names one that it has not.
    """

    def __init__(self, network):
        import torch

        self.network, self.weights = network, torch.nn.ModuleList()
        layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
        self.does = {layer: _in_torch(layer) for layer in layers}
        owned = [getattr(does, "weights", does) for does in self.does.values()]
        self.weights.extend(module for module in owned if isinstance(module, torch.nn.Module))
        self.weights.to(memory_format=torch.channels_last)

    def __call__(self, *images):
        values = {id(tensor): image for tensor, image in zip(self.network.inputs, images, strict=True)}
        for layer, does in self.does.items():
            inputs = [values[id(tensor)] for tensor in keras.tree.flatten(layer.input)]
            values[id(layer.output)] = does(*inputs)
        return values[id(self.network.outputs[0])]


def _in_torch(layer):
    """What does in PyTorch what a layer of Keras or ours does: a module or a function of (n, c, h, w)."""
    import torch
    from torch import nn

    kind = type(layer).__name__
    if kind in ("Conv2D", "WideConv2D", "NarrowConv2D", "UpsampledConv2D"):
        return _convolution(layer, kind == "UpsampledConv2D")
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = layer.padding
        return nn.ZeroPad2d((left, right, top, bottom))
    if kind == "GroupNormalization":
        norm = nn.InstanceNorm2d(layer.gamma.shape[0], layer.epsilon, affine=True)
        return _with(norm, weight=layer.gamma, bias=layer.beta)
    return {
        "Conv2DTranspose": lambda: _transposed_convolution(layer),
        "ReflectionPadding2D": lambda: nn.ReflectionPad2d(layer.padding),
        "WholeImageNormalization": lambda: _whole_image_norm(layer),
        "ReLU": nn.ReLU,
        "LeakyReLU": lambda: nn.LeakyReLU(layer.negative_slope),
        "UpSampling2D": lambda: nn.Upsample(scale_factor=2),
        "Activation": lambda: lambda x: torch.tanh(x.float()),
        "Add": lambda: torch.add,
        "Concatenate": lambda: lambda *images: torch.cat(images, 1),
    }[kind]()


def _convolution(layer, is_upsampled):
    from torch import nn

    kernel, stride = layer.kernel.shape, layer.strides[0]
    # As Keras pads "same": of what is missing, the larger half goes behind.
    missing = max(kernel[0] - stride, 0) if layer.padding == "same" else 0
    before, behind = missing // 2, missing - missing // 2
    parts = [nn.Upsample(scale_factor=2)] if is_upsampled else []
    parts += [nn.ZeroPad2d((before, behind) * 2)] if before != behind else []
    padding = before if before == behind else 0
    convolution = nn.Conv2d(kernel[2], kernel[3], kernel[:2], stride, padding, bias=layer.use_bias)
    parts.append(_with_kernel(convolution, layer))
    parts += [nn.ReLU()] if layer.activation is keras.activations.relu else []
    return nn.Sequential(*parts)


def _transposed_convolution(layer):
    from torch import nn

    kernel = layer.kernel.shape
    # Of the whole answer Keras leaves the last row and column out.
    convolution = nn.ConvTranspose2d(kernel[3], kernel[2], kernel[:2], 2, bias=layer.use_bias)
    module = _with_kernel(convolution, layer)

    def does(x):
        return module(x)[:, :, : 2 * x.shape[2], : 2 * x.shape[3]]

    does.weights = module
    return does


def _whole_image_norm(layer):
    import torch

    module = torch.nn.ParameterList([_from_numpy_weight(layer.gamma), _from_numpy_weight(layer.beta)])

    def does(x):
        variance, mean = torch.var_mean(x.float(), (1, 2, 3), correction=0, keepdim=True)
        scale = module[0] / (torch.sqrt(variance + 1e-12) + layer.epsilon)
        return x * scale + (module[1] - mean * scale)

    does.weights = module
    return does


def _chroma_over_luma(image, chroma):
    """`models.chroma.ChromaOverLuma` as it is in training."""
    import torch

    from data_loader.images import LUMA_WEIGHTS

    r, g, b = map(float, LUMA_WEIGHTS)
    luma = (image * torch.tensor([r, g, b]).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
    blue, red = 2 * (1 - b) * chroma[:, :1], 2 * (1 - r) * chroma[:, 1:]
    green = -(r * red + b * blue) / g
    return (luma + torch.cat([red, green, blue], 1)).clamp(-1, 1)


def _with_kernel(module, layer):
    """A module with the kernel and, if any, the bias of a convolution of Keras."""
    kernel = keras.ops.transpose(layer.kernel, (3, 2, 0, 1))
    return _with(module, weight=kernel, **({"bias": layer.bias} if layer.use_bias else {}))


def _with(module, **arrays):
    """A module with these arrays as its weights."""
    for name, array in arrays.items():
        setattr(module, name, _from_numpy_weight(array))
    return module


def _from_numpy_weight(array):
    import torch

    return torch.nn.Parameter(torch.tensor(keras.ops.convert_to_numpy(array)))


def _from_numpy(images):
    """Images (n, h, w, c) as a tensor (n, c, h, w), channels last in memory."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
