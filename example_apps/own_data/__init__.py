"""An API by which users see and change what the pool knows of them."""
