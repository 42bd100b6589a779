"""The course's sentences, word for word: what stands in quotation marks on a page, and where it is from."""

GOOGLE = "Google, Machine Learning Crash Course, Training Neural Networks: Best practices (2022-2024)"
SLIDES = "Google, Machine Learning Crash Course, slides (2018-2022)"
KAGGLE = "Kaggle Learn, Dropout and Batch Normalization"

QUOTES = {
    GOOGLE: (
        "The gradients for the lower neural network layers (those closer to the input layer) can become very "
        "small. In deep networks (networks with more than one hidden layer), computing these gradients can "
        "involve taking the product of many small terms.",
        "When the gradient values approach 0 for the lower layers, the gradients are said to "
        '"vanish". Layers with vanishing gradients train very slowly, or not at all.',
        "The ReLU activation function can help prevent vanishing gradients.",
        "If the weights in a network are very large, then the gradients for the lower layers involve "
        "products "
        "of many large terms. In this case you can have exploding gradients: gradients that get too large to "
        "converge.",
        "Batch normalization can help prevent exploding gradients, as can lowering the learning rate.",
        "Once the weighted sum for a ReLU unit falls below 0, the ReLU unit can get stuck. It outputs 0, "
        "contributing nothing to the network's output, and gradients can no longer flow through it during "
        "backpropagation. With a source of gradients cut off, the input to the ReLU may not ever change "
        "enough to bring the weighted sum back above 0.",
        "Lowering the learning rate can help keep ReLU units from dying.",
        'It works by randomly "dropping out" unit activations in a network for a single gradient step. The '
        "more you drop out, the stronger the regularization: 0.0 = No dropout regularization. 1.0 = Drop out "
        "all nodes. The model learns nothing. Values between 0.0 and 1.0 = More useful.",
        "Backpropagation is the most common training algorithm for neural networks. It makes gradient "
        "descent feasible for multi-layer neural networks.",
    ),
    SLIDES: (
        "How dynamic programming lets us avoid computing exponentially many paths through the graph. Here "
        '"dynamic programming" just means recording intermediate results on the forward and backward passes.',
        "If it's differentiable, we can probably learn on it",
        "Each additional layer can successively reduce signal vs. noise",
        "ReLus are useful here",
        "Learning rates are important here",
        "Batch normalization (useful knob) can help",
        "Keep calm and lower your learning rates",
        "Roughly zero-centered, [-1, 1] range often works well",
        "Helps gradient descent converge; avoid NaN trap",
        "Avoiding outlier values can also help",
        "Linear scaling",
        "Hard cap (clipping) to max, min",
        "Log scaling",
        "There's a connection to ensemble models here",
        "1.0 = drop everything out! learns nothing",
        "Intermediate values more useful",
    ),
    KAGGLE: (
        "Here, 50% dropout has been added between the two hidden layers.",
        "Now, if it's good to normalize the data before it goes into the network, maybe also normalizing "
        "inside the network would be better!",
        "SGD will shift the network weights in proportion to how large an activation the data produces. "
        "Features that tend to produce activations of very different sizes can make for unstable training "
        "behavior.",
        "A batch normalization layer looks at each batch as it comes in, first normalizing the batch "
        "with its "
        "own mean and standard deviation, and then also putting the data on a new scale with two trainable "
        "rescaling parameters. Batchnorm, in effect, performs a kind of coordinated rescaling of its inputs.",
        "Most often, batchnorm is added as an aid to the optimization process (though it can sometimes also "
        "help prediction performance). Models with batchnorm tend to need fewer epochs to complete training. "
        'Moreover, batchnorm can also fix various problems that can cause the training to get "stuck".',
    ),
}


def is_quote(sentence: str, source: str) -> bool:
    """Whether the source says exactly this, from the beginning of a word on; only its first letter may differ
    in size, and a full stop may stand at its end."""
    first, rest = sentence[0], sentence[1:].rstrip(".")
    starts = (f" {letter}{rest}" for letter in (first.upper(), first.lower()))
    return any(start in f" {text}" for start in starts for text in QUOTES.get(source, ()))
