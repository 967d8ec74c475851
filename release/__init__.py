"""What happens to a published version: compare, canary, promote, roll back, the reference of the drift."""
