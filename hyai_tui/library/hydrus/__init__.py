"""The Hydrus library: the one place that talks to a client's API."""
