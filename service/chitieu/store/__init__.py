"""What is kept: texts, answers, observations, jobs, accounts and the audit trail, in SQLite or PostgreSQL."""
