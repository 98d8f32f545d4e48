"""Numerics shared by all models: declarations, schedules, closed-form kinetics, estimation."""
