"""Tests of the local pool's managed login and API, over real sockets."""
