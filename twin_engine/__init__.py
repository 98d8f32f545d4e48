"""The pure core: patient record in, posterior virtual copies and forecasts out. No clock, network, disk or web library."""
