"""trackproof: proof that a conversion-tracking platform records what it accepts."""

__version__ = "0.1.0"
