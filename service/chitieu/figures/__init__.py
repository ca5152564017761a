"""From spans to figures, observations and checks."""
