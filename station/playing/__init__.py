"""Who holds what while a unit or an IC is worked on: processes, deadlines, make-safe, the way into the outbox."""
