"""The one glossary: what the words and letters on the pages mean, and where they stand in a text."""

import re
from collections.abc import Container

GLOSSARY = {
    "error signal δ": (
        r"error signals?|(?-i:δ)|delta",
        "How fast the loss L changes with a unit's pre-activation: δ = ∂L/∂z. Backpropagation sends it down "
        "from layer to layer; the gradient of a weight is δ times the activation that enters by the weight.",
    ),
    "χ": (
        r"(?-i:χ)|chi",
        "What one layer of a wide random network multiplies the mean square of the error signal by, on its "
        "way back: χ = σ_w² E[φ′(z)²]. Below 1 gradients vanish, above 1 they explode.",
    ),
    "σ_w": (
        r"(?-i:σ_?w)|sigma_w",
        "The size of the initial weights: σ_w² is their variance times the fan-in. He's have σ_w = √2.",
    ),
    "depth scale ξ": (
        r"depth scale|(?-i:ξ)",
        "In ξ = 1 / |ln χ| layers the mean square of the error signal changes by a factor of e. Networks of "
        "up to about 6 ξ layers were found to train (Schoenholz et al. 2017).",
    ),
    "length q": (
        r"q\*",
        "The variance of the pre-activations at which a wide random network settles after a few layers; it "
        "is written q with a star (Poole et al. 2016).",
    ),
    "mean-field theory": (
        r"mean[- ]field(?: theory)?",
        "What to expect of a very wide network with random weights: every pre-activation is then normally "
        "distributed, and its mean and variance say all (Poole et al. 2016).",
    ),
    "edge of chaos": (
        r"edge of chaos",
        "Where χ = 1: from layer to layer the error signal neither vanishes nor explodes. Beyond it inputs "
        "that are nearly alike drift apart from layer to layer.",
    ),
    "edge of stability": (
        r"edge of stability",
        "Plain gradient descent on all samples often makes the loss sharper until λ_max is about "
        "2 / learning rate, and then stays there (Cohen et al. 2021).",
    ),
    "catapult": (
        r"catapult\w*",
        "With a learning rate somewhat above 2 / λ_max the loss can first rise, which throws the weights to "
        "where it is flatter; from there it comes down (Lewkowycz et al. 2020).",
    ),
    "sharpness λ_max": (
        r"sharpness|(?-i:λ_?max)|lambda_max|largest eigenvalue",
        "How strongly the loss bends in the direction in which it bends most: the largest eigenvalue of its "
        "Hessian. On a parabola plain gradient descent converges below a learning rate of 2 / λ_max.",
    ),
    "condition number κ": (
        r"condition numbers?|(?-i:κ)|kappa",
        "The steepest curvature of the loss over its flattest: κ = λ_max / λ_min. Where it is large, the "
        "loss is a narrow valley, and gradient descent needs steps in proportion to it.",
    ),
    "Hessian": (
        r"Hessians?",
        "The matrix of all second derivatives of the loss by two weights: the curvature in every direction.",
    ),
    "eigenvector, eigenvalue": (
        r"eigenvectors?|eigenvalues?",
        "An eigenvector is a direction that a matrix does not turn, only stretches, and the eigenvalue says "
        "by how much. Those of the Hessian are directions of the loss and the curvature along them.",
    ),
    "Lanczos": (
        r"Lanczos",
        "A way to the largest eigenvalue of a matrix that needs only its products with a few vectors, so "
        "that the matrix is never written down (Lanczos 1950).",
    ),
    "RMS": (
        r"RMS|root mean square",
        "Root mean square: the root of the mean of the squares, a typical size whatever the signs.",
    ),
    "He initialization": (
        r"(?-i:He)(?:['’]s)?(?: init(?:ialization)?)?(?! et al| &| \(?\d{4}|(?-i:, [A-Z]\w+(?:,| &)))",
        "Initial weights of variance 2 / fan-in, for which ReLU layers keep the size of a signal "
        "(He et al. 2015).",
    ),
    "Xavier initialization": (
        r"Xavier(?: init(?:ialization)?)?",
        "Initial weights of variance 2 / (fan-in + fan-out), a compromise between the signal forward and the "
        "error signal back (Glorot & Bengio 2010).",
    ),
    "default init": (
        r"(?:PyTorch['’]s )?default init(?:ialization)?|PyTorch['’]s default",
        "What PyTorch's nn.Linear does by itself: weights and biases uniform between ±1/√fan-in, a variance "
        "of 1 / (3 fan-in), a sixth of He's.",
    ),
    "fan-in, fan-out": (
        r"fan[-_ ](?:in|out)",
        "Fan-in is the number of inputs of a unit, fan-out the number of units it feeds in the next layer.",
    ),
    "gain": (r"gain", "A factor on all initial weights."),
    "batch normalization": (
        r"batch[- ]?norm(?:alization)?",
        "Gives every pre-activation mean 0 and standard deviation 1 over the batch, then a learned scale γ "
        "and shift β (Ioffe & Szegedy 2015).",
    ),
    "running statistics": (
        r"running (?:statistics|means?|variances?)",
        "Moving averages of the mean and the variance of the batches seen in training. Batch normalization "
        "uses them in evaluation mode.",
    ),
    "training and evaluation mode": (
        r"(?:training|evaluation) mode",
        "In training mode dropout drops units and batch normalization uses the batch it is given. In "
        "evaluation mode nothing is dropped and running statistics are used: so a network is applied.",
    ),
    "pre-activation z": (
        r"pre[-_ ]?activations?|weighted sums?",
        "A unit's weighted sum, before its activation function: its inputs times its weights, plus its bias.",
    ),
    "saturated": (
        r"saturat\w+",
        "Said of a unit whose activation function is nearly flat where the unit is: with a slope near 0 "
        "hardly any gradient gets through.",
    ),
    "dead unit": (
        r"dead units?|dead ReLUs?|dead",
        "A ReLU at or below 0 on every training sample: it passes nothing on, gets no gradient and does not "
        "learn.",
    ),
    "residual connections": (
        r"residual connections?|residual",
        "Every layer adds its input to its output: signals and gradients have a way around the layer.",
    ),
    "momentum": (
        r"momentum",
        "Every step also goes on as the steps before it did: it adds this share of the last step.",
    ),
    "gradient step": (
        r"gradient steps?",
        "One update of all weights: each moves by the learning rate times its gradient, downhill.",
    ),
    "epoch": (r"epochs?", "One pass of training over all training samples."),
    "batch": (
        r"(?:mini-?)?batch(?:es)?",
        "The samples that one gradient step is computed from: it follows the mean of their gradients.",
    ),
    "held-out data": (
        r"held[- ]out",
        "Samples that the network never trains on. They show what it has learned beyond learning by heart.",
    ),
    "R²": (
        r"R²|R2",
        "The share of the target's variance that the answers explain: 1 is perfect, 0 is what guessing the "
        "mean gives, below 0 is worse.",
    ),
    "cross-entropy": (
        r"(?:binary )?cross[-_ ]entropy|bce",
        "The loss of a classifier: −ln of the probability it gives to the right class, averaged over "
        "samples. With two classes it is called binary cross-entropy, bce.",
    ),
    "logit": (
        r"logits?",
        "What the last layer gives before a sigmoid or softmax makes a probability of it.",
    ),
    "leaf": (
        r"leaf|\d leaves",
        "A node of the graph that is computed from no other: an input, a target, a weight or a bias.",
    ),
    "finite differences": (
        r"(?:finite|central|forward) differences?",
        "A slope measured instead of derived: move by a small h and divide the change of the loss by h. The "
        "central difference moves both ways: (L(w + h) − L(w − h)) / 2h.",
    ),
    "complex step": (
        r"complex step",
        "A slope measured by a step along the imaginary axis: Im L(w + ih) / h. Nothing is subtracted, so "
        "that h can be tiny without loss of digits (Squire & Trapp 1998).",
    ),
    "Taylor test": (
        r"Taylor test",
        "Take h × slope off the change of the loss over a step h: with the right gradient what is left falls "
        "as h², with a wrong one only as h.",
    ),
    "forward mode": (
        r"forward mode",
        "Derivatives carried along with the values on the way forward: one pass for every parameter.",
    ),
    "thinned network": (r"thinned networks?", "What is left of a network when dropout has taken units away."),
    "MC dropout": (
        r"MC dropout",
        "Dropout left on when the network is asked: how much the answers scatter is read as uncertainty "
        "(Gal & Ghahramani 2016).",
    ),
    "calibration error": (
        r"(?:expected )?calibration(?: error)?",
        "How far the confidence of a network is, on average, from the share of its answers that are right "
        "(Guo et al. 2017).",
    ),
    "ridge regression": (
        r"ridge(?: regression)?",
        "Linear regression that also pays for the squares of its weights, which keeps them small.",
    ),
    "robust standard deviation": (
        r"robust standard deviations?",
        "The interquartile range divided by 1.349: that of the middle half of the values, which outliers "
        "cannot move. For normal values it is the standard deviation.",
    ),
    "least squares": (
        r"least[- ]squares",
        "The linear model with the lowest mean squared error on the training rows, computed at once: where "
        "training would end if it went on for ever.",
    ),
    "log-normal": (r"log-?normal", "Said of numbers whose logarithm is normally distributed."),
    "z-score": (r"z-?scored?", "A feature less its mean, divided by its standard deviation."),
}
"""Term -> how it is written, as a regular expression, and what it means in one or two sentences.

Of two forms that fit at one place of a text the earlier one counts.
"""

LETTER = r"[^\W\d_]"
FORMS = re.compile(
    f"(?<!{LETTER})(?:{'|'.join(f'({forms})' for forms, _ in GLOSSARY.values())})(?!{LETTER})", re.IGNORECASE
)


def explained(text: str, known: Container[str] = ()) -> dict[str, str]:
    """Terms that stand in a text as whole words, in their order, with what they mean; but the known ones."""
    terms = list(GLOSSARY)
    found = (terms[match.lastindex - 1] for match in FORMS.finditer(text))
    return {term: GLOSSARY[term][1] for term in found if term not in known}
