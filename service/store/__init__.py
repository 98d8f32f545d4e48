"""What is kept: the audit of every call, feedback, and the tokens already seen."""
