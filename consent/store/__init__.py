"""The only SQL: rows in, dataclasses out; never commits."""
