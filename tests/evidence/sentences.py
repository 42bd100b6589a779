"""Every sentence that a rule may say: {name} is a number in it, {outcome} how the run ended.

rule -> its sentences, in the order in which tests.evidence.facts counts them.
"""

LOST = "The loss is {loss} at step {step}"
RATE = "the learning rate {rate} is {off} times "
TOO_HIGH = " The" + RATE[3:] + "what such networks usually bear."
ALONE = " No other cause is seen than the learning rate {rate}."
LARGEST = " When last measured and finite, at step {{at}}, the {} was largest in layer {{layer}}: {{now}}"
SPREAD, NORM = map(LARGEST.format, ("spread of the activations over samples", "norm of the weights"))
THEN = ", {then} at the start"
MODES = (
    "The same weights lose {best} on {rows} training samples in training mode, {worst} in evaluation mode: "
)
DEAD = (
    "{count} of {width} units of layer {layer} (?:is|are) at or below 0 on every training sample, whenever "
    "measured "
)
RIGHT = (
    "after {steps} steps? the loss is {loss}, where guessing gives {guess}, though {right} % of the held-out "
    "samples get their right class, where guessing gets {share} %"
)
OUTCOMES = (
    "the training diverges at step {step}",
    "the training is too short to see what follows",
    "the network learns all the same: the loss ends at {loss}",
    "after {steps} steps? the loss is {loss}, where guessing gives {guess}",
    RIGHT,
    RIGHT + "; no probability is further than {furthest} from 1/{classes}",
    RIGHT + "; {wrong} % of the held-out loss comes from the others",
)
SENTENCES = {
    "unscaled": (
        "The largest feature is {spread} times the size of the smallest, and drowns it",
        "Of the features that vary the largest is {spread} times the size of the smallest, and drowns it",
        "The features have a root mean square of {pooled}; initial weights are made for about 1",
        "A feature reaches {tail} standard deviations from its mean: few samples stretch it",
        "A feature lies {offset} standard deviations from 0: what tells samples apart in it is small beside "
        "what they share",
    ),
    "unscaled_target": (
        "The target has mean {mean} and standard deviation {std}, where initial weights are made for answers "
        "of about 1",
    ),
    "noise_floor": (
        "These samples tell little more: held out, the network loses {held} and kernel ridge regression "
        "{ridge}, where guessing loses {guess} on the training samples. The rest is noise, or takes more "
        "samples to learn.",
    ),
    "no_gradient": (
        "All weights are 0, so no weight of a hidden layer ever gets a gradient",
        "Dropout 1 drops every unit that it may, so no weight of a hidden layer ever gets a gradient",
    ),
    "symmetric": (
        "All {width} units of every hidden layer start with the same weights, get the same gradients and "
        "stay the same: they do what one unit a layer could do",
        "All {width} units of every hidden layer start with the same weights, and dropout tells them apart "
        "by at most {apart} % of the largest weight",
    ),
    "small_batch_norm": (
        "Batch normalization takes mean and deviation from {batch} samples, so that what a sample becomes "
        "depends on chance",
    ),
    "exploding": (
        "Before the first step the activations of layer {last} spread {growth} times as far as those of "
        "layer {first}, ×{factor} per layer",
        "Before the first step layer {first} receives {growth} times the error signal of layer {last}, "
        "×{factor} per layer",
        "Before the first step the activations of layer {last} spread {growth} times as far as those of "
        "layer {first}, ×{factor} per layer, and those of layer {layer} are too large for float{bits}",
    ),
    "saturated": (
        "Before the first step {share} % of the activations of layer {layer} lie where (?:tanh|sigmoid) is "
        "almost flat",
    ),
    "vanishing": (
        "Layer {first} receives {lost} of the error signal that layer {last} receives, ×{factor} per layer",
        "Layer {first} receives nothing of the error signal that layer {last} receives",
        "In layer {last} samples are {lost} times as far apart as in layer {first}, ×{factor} per layer",
        "In layer {last} all samples are the same",
    ),
    "decayed": (
        "Weight decay {decay} leaves {share} % of the norm of the weights of layer {layer}",
        "Weight decay {decay} pulls the weights of a middling layer {pull} times as hard as the loss does",
    ),
    "momentum": (
        "Momentum {beta} adds up about {memory} gradients, old ones too: from {low} the loss, a mean of "
        "{width} steps, rises to {high} up to step {step}",
    ),
    "mode_gap": (
        MODES + "it takes dropout and the statistics of batches together to get the loss of training back.",
        MODES + "they have learned to work with units dropped, and do not without.",
        MODES + "the running mean and variance of batch normalization are not those of the batches.",
        MODES + "the running variance was taken while units were dropped, and does not fit what arrives when "
        "none is.",
    ),
    "dropout_too_strong": (
        "Dropout {rate} leaves about {units} of {width} units of a layer at a step; even in evaluation mode, "
        "where none is dropped, {outcome}.",
        "Dropout {rate} leaves about {units} of {width} units of a layer at a step",
    ),
    "non_finite": (
        LOST + ": not every feature is a finite number.",
        LOST + ", before the first update: no learning rate has had a say.",
        *(
            f"{LOST}.{where}{blame}"
            for blame in ("", TOO_HIGH, ALONE)
            for where in ("", *(f"{largest}{then}." for largest in (SPREAD, NORM) for then in ("", THEN)))
        ),
    ),
    "dead": (
        DEAD + "since step {step}, and no gradient passes them; " + RATE + "what such networks usually bear",
        DEAD + "since step {step} in evaluation mode; " + RATE + "what such networks usually bear",
        DEAD + "since step {step}, and no gradient passes them",
        DEAD + "since step {step} in evaluation mode",
    ),
    "too_fast": (
        "The update of step {step} changes layer {layer} by {share} % of its weights; " + RATE + "what such "
        "networks usually bear",
        "The loss rises to {rise} times its start by step {step}; "
        + RATE
        + "what such networks usually bear",
    ),
    "clipped_too_hard": (
        "Clipping at {limit} leaves at most {kept} % of a typical gradient: steps are as much shorter",
    ),
    "too_slow": (
        "A typical update changes a layer's weights by {share} %; " + RATE + "lower than is usual",
        "From start to end the weights move by {share} % a step; " + RATE + "lower than is usual",
    ),
    "overfitting": (
        "From step {step} on the held-out loss rises from {low} to {high}, while that of training falls from "
        "{then} to {now}: the samples are learned by heart.",
    ),
    "too_small": (
        "Not finished: after {steps} steps? the loss is {loss}, where guessing gives {guess}: too short to "
        "tell.",
        "Not finished: from step {step} to step {steps} the loss still falls by {fall} %, to {loss}, where "
        "guessing gives {guess}.",
        "{width} units? a layer are few for these data, and the loss goes from {then} at step {step} to "
        "{loss}, no further",
    ),
    "plateau": (
        "Something holds this run, and no rule sees what: {outcome}.",
        "{outcome}; kernel ridge regression does little better.",
    ),
}
SENTENCES["born_dead"] = SENTENCES["dead"]
SENTENCES = {
    rule: tuple(text if text.endswith(".") else text + "; {outcome}." for text in texts)
    for rule, texts in SENTENCES.items()
}
