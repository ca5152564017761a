"""Indicators, their names, and the linker from a mention to an indicator."""
