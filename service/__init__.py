"""The HTTP service: the only place with a clock, a socket, a disk, randomness and configuration."""

import os

# Must stand before numpy is loaded: calls run side by side, so threads inside one calculation only wait for each other.
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")
