"""What the house needs from outside, each need on one screen."""
