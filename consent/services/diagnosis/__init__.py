"""Look at an installation from every side and say what is wrong with it, and what to do."""
