"""Fitting the linker on mentions whose entries were read by hand."""
