"""Documents for one school or one county: self-evaluation, rectification plan, inspection feedback, pioneer form."""
