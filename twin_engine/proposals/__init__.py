"""What to aim for, what can be given instead, and how to choose among options."""
