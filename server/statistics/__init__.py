"""What the tests say in figures: yields, what fails most, how capable each measurement is, and whether it is steady."""
