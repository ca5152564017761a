"""The model registry: versions in folders, where each came from, which one is served, and what was served before."""
