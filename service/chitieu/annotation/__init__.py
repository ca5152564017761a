"""Annotated documents: one plain type, its rules, and the formats that it is read from and written in."""
