"""Training (heavy): out-of-fold metrics and the heads. Imported by job modules only."""
