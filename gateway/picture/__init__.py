"""From bytes to a tensor. Pillow and numpy only: the training uses this very package."""
