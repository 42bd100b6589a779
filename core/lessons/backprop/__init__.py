"""Backpropagation on single numbers, slow and open to the eye: every value and every gradient has a name.

Graph        nodes in an order in which they can be computed; forward, backward, train     graph
Operation    a value, its slopes, and both as LaTeX                                        operations
parse        from a typed formula to a Graph                                               expression
program      a small network as a formula, with values to start from                       networks
Passes       the settings of the page, and the Graph and leaves they describe              settings
written      a name or a number as LaTeX, or as text in a sentence                         notation
step         one operation or one edge, told in formulas                                   steps
Moment       what the last step was, and all that is known after it                        moments
Reply        what a reader expects of the next step, checked and explained                 guess
mistakes     what a missing zero_grad, = for += or equal weights do here                   mistakes
Path         one way from a leaf to the output: and what all of them cost                  paths
check        the gradient against three kinds of differences, and the Taylor test          check
Trial        whether a gradient is right, leaf by leaf: it may be wrong, or there is none  examine
Update       the step that a gradient makes, and the lines of PyTorch that make it         update
cost         operations and memory in closed form, and measured while PyTorch computes     cost, measured
ExactClaim   a textbook sentence and the computations that test it                         claims
script       the same graph in plain PyTorch, and the passes as CSV                        export
Layout       where to draw a node                                                          layout
"""
