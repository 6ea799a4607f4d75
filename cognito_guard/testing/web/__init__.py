"""What the local load balancer and the local managed login share: HTTP, forms, the sign-in page."""
