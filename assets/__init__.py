"""Which tables exist and when: assets, checks, partitions, schedule, storage, and the `junheng` command."""
