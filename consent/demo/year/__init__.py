"""A year of the demonstration: visitors, officers and what the service did meanwhile.

All of it goes through the services that a real visitor and a real officer use, with the clock set
back, so that records, receipts, log and totals are genuine. Only the people are invented.
"""
