"""The database: engine, schema and the one writer's lock; SQLite by default, the same statements on PostgreSQL."""
