"""How neural networks train, fail and recover: measured, predicted, diagnosed.

    Experiment   every setting that decides a run, frozen and checked            core.experiment
    Trainable    what can be trained: an Experiment, or a network on a table     core.trainable
    Stack        networks of one shape that train together, each on its own      core.engine.network
    train        experiments in, Runs out                                        core.engine.train
    Run          what was measured while one network trained, numpy only         core.run
    probe        a short function of what a layer saw at a step                  core.engine.probes
    Prediction   what theory expects of an Experiment before it trains           core.theory
    Sweep        experiments over named axes                                     core.sweep
    Rule         finds what is wrong with a Run; a Finding names the evidence,
                 a Remedy is a changed setting                                   core.diagnosis.rules
    Claim        a textbook sentence and the two Experiments that test it        core.diagnosis.claims
    Lesson       a question, its start Experiment, presets and claims            core.lessons
    chart        Runs in, a Plotly figure out                                    core.charts
    Graph        backpropagation on single numbers, with nouns of its own        core.lessons.backprop

Nothing here knows of the user interface. Linear algebra takes one thread: on a busy machine the QR
decomposition of 128 x 128 weights is many times slower when threads wait for each other.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
