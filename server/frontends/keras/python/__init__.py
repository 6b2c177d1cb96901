"""Loads Keras models of Python files for PruneLens."""
