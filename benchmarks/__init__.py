"""Measurements of the budgets; one module each, with a `main()`. Run by people, never by tests."""
