"""Speed, measured against a floor in the same run; never asserted in tests."""
