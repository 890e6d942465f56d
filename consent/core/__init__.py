"""Rules over frozen values: standard library only, no clock, no file, no framework."""
