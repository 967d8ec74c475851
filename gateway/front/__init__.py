"""ASGI, before Flask: takes the whole request or refuses it. Admission, limits of size and time."""
