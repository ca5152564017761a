"""An indicator over the years, from every document that states it."""
