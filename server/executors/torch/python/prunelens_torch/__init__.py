"""Programs of PruneLens on PyTorch: the standard library and torch are all it needs."""
