"""A CycleGAN step as one would write it by hand in TensorFlow: two tapes, four Adams.

It is what the single objective of `models/` is measured and tested against; nothing else uses it.
"""


def two_tape_gradients(gan, gray, color):
    """Gradients of the generators' and of the discriminators' loss, each from a tape of its own.

    Args:
        gan: a `CycleGAN` without identity term, on the TensorFlow backend.
        gray, color: tensors (n, S, S, 1) and (n, S, S, 3) in [-1, 1].

    Returns:
        network to list of gradients, for G, F, D_X and D_Y in this order.
    """
    import tensorflow as tf

    generators = gan.G.trainable_variables + gan.F.trainable_variables
    discriminators = gan.D_X.trainable_variables + gan.D_Y.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(backend_variables(generators))
        fake_color = gan.colorizer(gray, training=True)
        fake_gray = gan.F(color, training=True)
        cycled_gray = gan.F(fake_color, training=True)
        cycled_color = gan.colorizer(fake_gray, training=True)
        loss = gan.gan_loss(gan.D_Y(fake_color, training=True), real=True)
        loss += gan.gan_loss(gan.D_X(fake_gray, training=True), real=True)
        loss += gan.options.lambda_cycle * gan.cycle_norm(cycled_gray, gray)
        loss += gan.options.lambda_cycle * gan.cycle_norm(cycled_color, color)
    generator_gradients = tape.gradient(loss, backend_variables(generators))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(backend_variables(discriminators))
        loss = 0.0
        for discriminator, real, fake in ((gan.D_Y, color, fake_color), (gan.D_X, gray, fake_gray)):
            loss += gan.gan_loss(discriminator(real, training=True), real=True) / 2
            loss += gan.gan_loss(discriminator(fake, training=True), real=False) / 2
    discriminator_gradients = tape.gradient(loss, backend_variables(discriminators))
    gradients = iter([*generator_gradients, *discriminator_gradients])
    networks = (gan.G, gan.F, gan.D_X, gan.D_Y)
    return {network.name: [next(gradients) for _ in network.trainable_variables] for network in networks}


def backend_variables(variables):
    """The backend's own variables behind Keras' ones."""
    return [variable.value for variable in variables]


def two_tape_step(gan):
    """A compiled training step of `gan` with two tapes and an Adam a network.

    Returns:
        function of (gray, color) that updates the weights and returns when it is done.
    """
    import keras
    import tensorflow as tf

    networks = (gan.G, gan.F, gan.D_X, gan.D_Y)
    options = gan.options
    optimizers = [keras.optimizers.Adam(options.learning_rate, options.beta1, options.beta2) for _ in networks]
    for optimizer, network in zip(optimizers, networks, strict=True):
        optimizer.build(network.trainable_variables)

    @tf.function
    def step(gray, color):
        gradients = two_tape_gradients(gan, gray, color)
        for optimizer, network in zip(optimizers, networks, strict=True):
            optimizer.apply(gradients[network.name], network.trainable_variables)
        return tf.reduce_sum(gradients["D_Y"][-1])

    return lambda gray, color: step(gray, color).numpy()
