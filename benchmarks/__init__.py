"""How long it takes, against what a plain author would have written: not run by `make test`."""
