"""Settings of the whole suite."""

from hypothesis import settings

# Fixed seeds, and no time limit that a busy machine would miss.
settings.load_profile("ci")
