"""Passwords, logins and the first account; knows nothing of the web."""
