"""The parts ledger: what is in stock where, who has it, and every movement of it, with two ends each."""
