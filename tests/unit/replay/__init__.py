"""The replay of the alert policy."""
