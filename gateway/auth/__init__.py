"""Who may send how much, and who a sender is."""
