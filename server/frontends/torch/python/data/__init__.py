"""Reads data sets of the user's: runs what their expression reaches, and gives batches as raw bytes."""
