"""ReLU units that die."""
