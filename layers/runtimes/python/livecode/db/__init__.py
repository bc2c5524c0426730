"""Everything we say to Postgres: tables, statements and migrations. Each statement is one transaction."""
