"""Lungs and ventilator: pressures, oxygen, carbon dioxide, acid and base."""
