"""Burns: one attempt to write one IC each, with what was identified and read back."""
