"""A rulebook told in sentences: what is asked of whom, when and why, for a head of department to approve."""
