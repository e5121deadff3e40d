"""The pure core: what the product means, without clock, network, database or web."""
