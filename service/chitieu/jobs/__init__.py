"""Work that outlasts a request: the table `jobs` says what there is, a queue tells workers of it, and they do it."""
