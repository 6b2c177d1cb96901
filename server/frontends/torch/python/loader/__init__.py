"""Loads a PyTorch model of the user's: runs what its construct expression reaches, and describes it as plain data."""
