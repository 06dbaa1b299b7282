"""What all the verdicts say together: rates, distributions, control charts; nothing is stored."""
