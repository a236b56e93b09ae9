"""Against hidden colour: without it F writes the colours of y into F(y) as faint dots, and G learns to read dots.

"CycleGAN, a Master of Steganography" (Chu, Zhmoginov & Sandler 2017) showed the hiding; noise drowns what is faint,
so that G has to colour what a gray photograph shows.
"""


def noise_draws(deviation, image_size, batches, step):
    """The noise that a step adds to F(y), Gaussian; without a deviation nothing is drawn.

    Args:
        deviation: of the noise, in units of the networks' range [-1, 1].
        image_size: S.
        batches: `data_loader.Batches`.
        step: number of the batch.

    Returns:
        dict of gray_noise (n, S, S, 1).
    """
    if not deviation:
        return {}
    shape = (batches.images_in(step), image_size, image_size, 1)
    return {"gray_noise": deviation * batches.rng("hidden", step).standard_normal(shape, dtype="float32")}


def with_noise(fake_gray, gray_noise=None, **_):
    """F(y), (n, S, S, 1), with the step's noise if there is any."""
    return fake_gray if gray_noise is None else fake_gray + gray_noise
