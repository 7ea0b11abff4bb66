"""How the small encoder that comes with the program was made; `python -m benchmarks.teaching` makes it again."""
