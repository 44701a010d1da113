"""Mirror, ledger and mark in SQL."""
