"""Tests of the reverse proxy of the local load balancer, over real sockets."""
