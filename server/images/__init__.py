"""The files that are burned into ICs: kept by their digest, tested, approved by a second person, withdrawn."""
