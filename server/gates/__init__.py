"""What the office says before a run: plans released, units held, what is still missing of them."""
