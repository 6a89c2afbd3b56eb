"""What the tests of this folder drive: a daemon of their own, and the Engine it trains in."""
