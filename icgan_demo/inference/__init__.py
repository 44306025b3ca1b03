"""Drawing: loaded models, best-of-N; knows no web and no training."""
