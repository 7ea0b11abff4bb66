"""Labels that travel: out to a spreadsheet, another tool or another machine, and back without loss."""
