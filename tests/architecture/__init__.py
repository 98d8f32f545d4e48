"""Rules of the source tree itself: who imports whom, how big files are, what may not be in them."""
