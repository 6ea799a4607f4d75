"""Lambda triggers that give users their groups and roles, and an API that goes by them."""
