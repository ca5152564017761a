"""Annotated documents: reading and checking them."""
