"""Whole archives into one table: every file is read once, in processes of their own, and what is done stays done."""
