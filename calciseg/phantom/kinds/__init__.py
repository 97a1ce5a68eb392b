"""The kinds of phantom: one file builds the anatomy of each."""
