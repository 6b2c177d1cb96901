"""Loads PyTorch models for PruneLens."""
