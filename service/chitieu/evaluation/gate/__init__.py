"""The gate: whether a candidate may become the served model, judged on a frozen test set against the one that is served now."""
