"""Formats of annotated documents: each a module that reads bytes to documents and writes documents to bytes."""
