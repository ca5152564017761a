"""How good a model is: the project's measures over annotated documents."""
