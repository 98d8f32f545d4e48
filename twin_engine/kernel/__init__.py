"""Numerics shared by all models: declarations, schedules, closed-form kinetics, estimation."""

import numpy as np

# glibc gives freed arrays back to the system when they are larger than the largest one freed so far, up to 32 MiB
# (M_MMAP_THRESHOLD in mallopt(3)), and every fit would fault its arrays in again. Freeing one array of that size, whose
# pages are never touched, costs nothing and saves a fifth of the time of an averaged fit.
np.empty(30 * 2**20, dtype=np.uint8)
