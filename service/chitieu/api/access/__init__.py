"""Who asks, and whether they may: identification, sessions, and what every request passes first."""
