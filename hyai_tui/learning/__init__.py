"""Labels to model: bundle, metrics, thresholds, calibration, promotion and registry, all on arrays."""
