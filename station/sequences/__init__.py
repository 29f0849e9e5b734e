"""The sequences that come with Fanji: one module and one file of limits for each product."""
