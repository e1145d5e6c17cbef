"""How figures are read: tables into a frozen view model, and that into markdown, HTML and workbooks."""
