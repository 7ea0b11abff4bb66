"""Orders that come from the features: pure functions over vectors, in numpy alone, for a job to call."""
