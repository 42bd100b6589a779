"""Backpropagation on single numbers, slow and open to the eye: every value and every gradient has a name.

Graph        nodes in an order in which they can be computed; forward, backward, train     graph
operation    a value, its slopes, and both as LaTeX                                        operations
parse        from a typed formula to a Graph                                               expression
program      a small network as a formula, with values to start from                       networks
Passes       the settings of the page, and the Graph and leaves they describe              settings
step         one moment of the forward or the backward pass, told in formulas              steps
Prediction   what a reader expects of the next step, checked and explained                 predict
Path         one way from a leaf to the output: why this is dynamic programming            paths
check        the gradient against three kinds of differences                               check
cost         operations and memory in closed form, and measured on real networks           cost, measured
layout       where to draw a node                                                          layout
"""
