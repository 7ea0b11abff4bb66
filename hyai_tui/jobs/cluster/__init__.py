"""Work on more than one machine: who lends bytes, what workers do, and how their results come together. See `executor`."""
