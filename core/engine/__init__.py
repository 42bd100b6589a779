"""An Experiment in, a Run out. PyTorch is imported here, in measured and nowhere else."""
