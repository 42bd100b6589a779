"""Gradients that vanish or explode."""
