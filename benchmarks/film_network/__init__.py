"""How the network of the radiograph chain was fitted: examples first, then the fit (needs PyTorch)."""
