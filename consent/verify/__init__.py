"""Check a log from the outside: a stranger's work, with the audit core and nothing else of ours."""
