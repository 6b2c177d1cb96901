"""Programs that run in the user's Python."""
