"""CLAIMS: what the course and others say of gradients, each put to the test by pairs of trainings."""

from core.diagnosis.claims import Case, Claim
from core.lessons.gradients.settings import CHAOTIC, DEFAULT, EDGE, HE_2015, LARGE, NORMED, START
from core.quotes import GOOGLE, SLIDES

CLAIMS = (
    Claim(
        sentence="The ReLU activation function can help prevent vanishing gradients.",
        source=GOOGLE,
        measure="first_over_last",
        goal="one",
        at_least=10,
        can=True,
        cases=(
            Case(
                "against sigmoid",
                DEFAULT.but(activation="sigmoid", steps=20),
                DEFAULT.but(steps=20),
            ),
            Case(
                "against tanh with the default init",
                DEFAULT.but(activation="tanh", steps=20),
                DEFAULT.but(steps=20),
            ),
        ),
        note="ReLU halves the signal's square at every layer; only the weights can make up for it.",
    ),
    Claim(
        sentence="The gradients for the lower neural network layers (those closer to the input layer) "
        "can become very small.",
        source=GOOGLE,
        measure="first_over_last",
        goal="lower",
        at_least=3,
        can=True,
        cases=(
            Case("for sigmoid", START.but(depth=5, steps=20), START.but(depth=10, steps=20)),
            Case(
                "for ReLU with the default init",
                DEFAULT.but(depth=6, steps=20),
                DEFAULT.but(depth=12, steps=20),
            ),
            Case(
                "for ReLU with He init",
                DEFAULT.but(depth=6, steps=20, init="he"),
                DEFAULT.but(depth=12, steps=20, init="he"),
            ),
        ),
        note="Compared are networks of half the depth and of the whole. With He's initial weights the "
        "factor per layer is 1, and depth alone costs almost nothing.",
    ),
    Claim(
        sentence="Each additional layer can successively reduce signal vs. noise",
        source=SLIDES,
        measure="signal_to_noise",
        goal="lower",
        at_least=2,
        can=True,
        cases=(
            Case("for tanh with large weights", CHAOTIC.but(depth=4), CHAOTIC.but(depth=16)),
            Case("for ReLU with batch normalization", NORMED.but(depth=4), NORMED.but(depth=16)),
            Case("for ReLU with the default init", DEFAULT.but(depth=4, steps=20), DEFAULT.but(steps=20)),
            Case(
                "for ReLU with residual connections",
                NORMED.but(batchnorm=False, residual=True, depth=4),
                NORMED.but(batchnorm=False, residual=True, depth=16),
            ),
            Case(
                "for sigmoid on moons",
                START.but(dataset="moons", depth=5, steps=20),
                START.but(dataset="moons", steps=20),
            ),
        ),
        note="Where gradients only vanish, signal and noise shrink alike; what drowns the signal are "
        "layers that drive inputs apart which lie next to each other. The tab Signal and noise shows every "
        "layer.",
    ),
    Claim(
        sentence="Layers with vanishing gradients train very slowly, or not at all.",
        source=GOOGLE,
        measure="first_layer_moved",
        goal="lower",
        at_least=100,
        cases=(
            Case("for sigmoid", START.but(depth=2), START),
            Case("for ReLU with the default init", DEFAULT.but(depth=2), DEFAULT),
            Case("for ReLU in 20 layers", HE_2015.but(init="he"), HE_2015),
            Case(
                "for sigmoid under Adam",
                START.but(depth=2, optimizer="adam", learning_rate=0.003),
                START.but(optimizer="adam", learning_rate=0.003),
            ),
        ),
        note="How far the weights of layer 1 come from their start over the whole training: in a network "
        "that keeps the error signal, and in one that loses it. In 20 layers Xavier's weights lose it "
        "too, but layer 1 gets larger activations than the layers above, and a gradient is the product "
        "of both. Adam divides every gradient by its own size.",
    ),
    Claim(
        sentence="If the weights in a network are very large, then the gradients for the lower layers "
        "involve products of many large terms.",
        source=GOOGLE,
        measure="first_over_last",
        goal="higher",
        at_least=3,
        cases=(
            Case("for ReLU", LARGE.but(gain=2**0.5, steps=5), LARGE.but(gain=4, steps=5)),
            Case(
                "for tanh",
                LARGE.but(activation="tanh", gain=1, steps=5),
                LARGE.but(activation="tanh", gain=4, steps=5),
            ),
            Case(
                "for ReLU with batch normalization",
                LARGE.but(gain=2**0.5, steps=5, batchnorm=True),
                LARGE.but(gain=4, steps=5, batchnorm=True),
            ),
        ),
    ),
    Claim(
        sentence="Batch normalization can help prevent exploding gradients",
        source=GOOGLE,
        measure="first_over_last",
        goal="lower",
        at_least=1.2,
        can=True,
        cases=(
            Case(
                "when the weights are too large",
                LARGE.but(gain=4, steps=5),
                LARGE.but(gain=4, steps=5, batchnorm=True),
            ),
            Case(
                "when the weights are well chosen (He, 20 layers)",
                HE_2015.but(init="he", steps=5),
                HE_2015.but(init="he", steps=5, batchnorm=True),
            ),
        ),
        note="At the start batch normalization multiplies the error signal by 1.21 per ReLU layer, "
        "in narrow layers by more, whatever the weights (Yang et al. 2019): less than large weights do, "
        "more than good ones.",
    ),
    Claim(
        sentence="Batch normalization can help prevent exploding gradients, as can lowering the learning "
        "rate.",
        source=GOOGLE,
        measure="lowest_loss",
        goal="lower",
        at_least=1.5,
        can=True,
        cases=(
            Case(
                "when the step is too long (He init)",
                LARGE.but(init="he", gain=1, learning_rate=3),
                LARGE.but(init="he", gain=1, learning_rate=0.03),
            ),
            Case("when the weights are too large", LARGE, LARGE.but(learning_rate=0.01)),
            Case(
                "when they are far too large (gain 6)",
                LARGE.but(gain=6),
                LARGE.but(gain=6, learning_rate=0.01),
            ),
        ),
        note="Of this sentence its second half; the first is tested above. The learning rate cannot "
        "change the gradient before the first step.",
    ),
    Claim(
        sentence="Clipping the norm of the gradient helps when gradients explode.",
        source="Pascanu, Mikolov & Bengio 2013, On the difficulty of training recurrent neural networks",
        measure="lowest_loss",
        goal="lower",
        at_least=1.5,
        cases=(
            Case("when the weights are too large", LARGE, LARGE.but(clip_norm=1)),
            Case(
                "when the forward pass already overflows",
                LARGE.but(gain=8, depth=60, steps=5),
                LARGE.but(gain=8, depth=60, steps=5, clip_norm=1),
            ),
        ),
        note="A gradient that is inf or NaN has no norm to cut.",
    ),
    Claim(
        sentence="A higher learning rate makes up for small gradients.",
        source="Common advice",
        measure="lowest_loss",
        goal="lower",
        at_least=1.5,
        cases=(
            Case(
                "with 3 layers",
                DEFAULT.but(depth=3, learning_rate=0.01),
                DEFAULT.but(depth=3, learning_rate=0.1),
            ),
            Case("with 12 layers", DEFAULT, DEFAULT.but(learning_rate=0.5)),
        ),
        note="Where the signal falls by a factor per layer, one rate cannot suit all layers.",
    ),
    Claim(
        sentence="Above a learning rate of 2 / λ_max gradient descent diverges.",
        source="Nesterov 2004, Introductory Lectures on Convex Optimization, theorem 2.1.14",
        measure="survived",
        goal="lower",
        at_least=1,
        cases=(
            Case("at 1 to 2 times that", EDGE.but(steps=300), EDGE.but(steps=300, learning_rate=0.1)),
            Case("at 10 to 20 times that", EDGE.but(steps=300), EDGE.but(steps=300, learning_rate=1)),
        ),
        note="True for a parabola; a network moves to where its loss is flatter (Lewkowycz et al. 2020).",
    ),
)
