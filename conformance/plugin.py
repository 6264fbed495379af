"""The pytest front: scenarios as items, one engine behind them."""
