"""The documentation is true: links lead somewhere, commands and settings exist, examples run."""
