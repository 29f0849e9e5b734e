"""Interception: rules that name units to be stopped, where each rule met which unit, and what was decided of it."""
