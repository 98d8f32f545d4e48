"""The database: SQLite and PostgreSQL alike, several processes on one database, what is left after a crash."""
