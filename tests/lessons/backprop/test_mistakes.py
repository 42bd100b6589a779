"""What a mistake does to the gradients is said with this graph's numbers."""

from core.lessons.backprop.mistakes import mistakes
from core.lessons.backprop.settings import Passes

TYPED = Passes(shape="expression", expression="x*x", values="x:3")


def test_nothing_is_said_where_nothing_is_wrong():
    assert mistakes(Passes()) == mistakes(TYPED) == []


def test_overwriting_names_the_gradient_that_suffers_most():
    [sentence] = mistakes(TYPED.but(accumulate=False))
    assert "1 of 1 leaves get a wrong gradient. x gets 3 instead of 6" in sentence


def test_overwriting_is_harmless_in_a_tree():
    [sentence] = mistakes(TYPED.but(expression="sin(x) * y", accumulate=False))
    assert "no harm here" in sentence


def test_forgotten_gradients_are_twice_as_large():
    [sentence] = mistakes(TYPED.but(zero_grad=False))
    assert "x gets 12 where one pass gives 6, 2 times as much" in sentence


def test_a_forgotten_gradient_of_zero_stays_zero():
    [sentence] = mistakes(TYPED.but(zero_grad=False, values="x:0"))
    assert "all that training uses are 0, and twice 0 is 0" in sentence


def test_equal_weights_leave_no_gradient_or_equal_ones():
    [zero] = mistakes(Passes(init="zero"))
    [equal] = mistakes(Passes(init="equal"))
    [single] = mistakes(Passes(init="zero", shape="single neuron"))
    assert "6 of 6 weights have a gradient of exactly 0, and the hidden units" in zero
    assert "0 of 6 weights have a gradient of exactly 0, and the hidden units" in equal
    assert "0 of 2 weights" in single and "hidden" not in single


def test_weights_of_the_readers_own_are_not_called_equal():
    assert mistakes(Passes(init="equal", values="w1_11:0.7")) == []
    [biases_differ] = mistakes(Passes(init="equal", values="b1_1:0.7"))
    assert "weights have a gradient" in biases_differ and "copies" not in biases_differ
