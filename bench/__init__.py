"""How fast it is, side by side with what it is measured against. One line a figure."""
