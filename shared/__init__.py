"""What the services stand on. Knows none of them."""
