"""Sedation: the bispectral index under propofol and an opioid together, and what the chart says of depth and breathing."""
