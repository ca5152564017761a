"""Training the tagger and governor: data sets, the torch model, the loop, export. Needs the extra ``train``."""
