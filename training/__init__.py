"""Fits and evaluates the risk models on open data; never imported at run time."""
