"""A Flask app whose users sign in at an Application Load Balancer."""
