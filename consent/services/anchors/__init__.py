"""Parties outside the operator's hands that say what they saw of a log, and when."""
