"""Evidence: calibration by simulation, forecasts on real charts, reports. Never imported by the product."""
