"""Products: how each one is shipped, with its firmware and its accessories, in versions of which one is in force."""
