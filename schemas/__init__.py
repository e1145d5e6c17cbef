"""What is promised: a contract per table, the field dictionary, and each source's layout over the years."""
