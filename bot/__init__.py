"""Piletibot: remembers every ticket a service desk has forwarded, until the solution has reached the customer."""

__version__ = "0.1.0"
