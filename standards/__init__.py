"""What policy demands: one TOML file per published standard, and the loader that reads them."""
