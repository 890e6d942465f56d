"""Tamper evidence: bytes, hashes, commitments and signatures; no framework."""
