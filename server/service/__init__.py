"""Service requests: who called about what, who handles it until when, and what the customer said in the end."""
