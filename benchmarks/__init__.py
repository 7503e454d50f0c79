"""Speed, memory and accuracy of bcekit and its peers: ``python -m benchmarks --help``."""
