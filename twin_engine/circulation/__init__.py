"""The circulation: mean arterial pressure under pressors, from the patient's own chart and the published effects of drugs."""
