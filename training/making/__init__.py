"""The worker's part of a training: samples, network, other thresholds, and making it all again."""
