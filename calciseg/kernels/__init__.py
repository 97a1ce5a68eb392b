"""Segmentation kernels: arrays in, arrays out."""
