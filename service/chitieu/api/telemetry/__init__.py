"""What the service says of itself: logs, measures, health and traces."""
