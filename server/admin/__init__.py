"""Who may do what: users and their sessions, stations and their tokens, permissions, and the audit of it all."""
