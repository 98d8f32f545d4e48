"""Population pharmacokinetic models, one file each, named drug_author_year."""
