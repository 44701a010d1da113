"""The backtest: rules tried on the past."""
