"""From corrections to the next model: a data set version, the served model tuned on it, a gate, and a place in the registry."""
