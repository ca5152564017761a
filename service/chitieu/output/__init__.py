"""An answer as a table, CSV or a page."""
