"""The only package that speaks gRPC."""
