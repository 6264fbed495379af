"""Runs scenarios side by side and says what was found."""
