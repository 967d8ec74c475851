"""The embedded model server: TensorFlow Serving's gRPC API for machines without its container."""
