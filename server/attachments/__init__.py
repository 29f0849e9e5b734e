"""Photos that stations send behind their runs: kept by content, shown on the run's page."""
