"""How figures are made: frame in, frame out; no clock, no network, no orchestration."""
