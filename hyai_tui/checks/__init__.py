"""What looks wrong in a library: checks, each a function over what is known, and the reports that they leave."""
