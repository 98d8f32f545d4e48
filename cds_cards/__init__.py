"""From predictions to CDS Hooks cards: what is shown, in which words, and what is suppressed and why."""
