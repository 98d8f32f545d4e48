"""Limits on what may be given, and the check of an order against them; needs no prediction."""
