"""How good colours are: measures, trivial baselines and their statistics. It knows arrays, not files."""
