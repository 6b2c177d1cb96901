"""Loads models of Python files, whatever their framework: what is run of the user's code, and what it may do. Standard library only."""
