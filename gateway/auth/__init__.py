"""Who may send how much, who the client is, and what browsers are told beside every answer."""
