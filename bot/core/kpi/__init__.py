"""The indicators: what each ticket adds to them, and what they come to over a period."""
