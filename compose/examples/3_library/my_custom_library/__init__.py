"""A library of one's own, that more than one training script uses: click data, and a model for them."""
